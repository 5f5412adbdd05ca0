import {
  activateTenant,
  deactivateTenant,
  describeFailure,
  findFurtherCluster,
  findTenant,
  finishDeletingTenant,
  homeClusterId,
  judgeCreation,
  markTenantFailed,
  reserveTenant,
  type CatalogDb,
  type CreateTenantsState,
  type CreateTenantState,
  type DeleteTenantState,
  type WorkflowFailure,
} from '@tenantry/tenancy';
import { hasTablesIn, secretArnOf, tenantIdOf } from './state.ts';
import { findRemains } from './tenant-remains.ts';

/** The steps of worker `registry`, which writes the catalog. */
export function registrySteps(catalog: CatalogDb) {
  return {
    async reserve(state: CreateTenantState, execution: string) {
      const earlier = await findTenant(catalog, state.request.slug);
      const tenantId = await reserveTenant(catalog, state.request, execution);
      const cluster = await findFurtherCluster(catalog, tenantId);
      const remainsAt = findRemains(earlier, state.request, cluster?.id ?? homeClusterId);
      return { ...state, tenantId, ...(cluster && { cluster }), ...(remainsAt && { remainsAt }) };
    },
    async activate(state: CreateTenantState) {
      await activateTenant(catalog, tenantIdOf(state), {
        actor: state.request.actor,
        secretArn: hasTablesIn(state) ? secretArnOf(state) : null,
        migrated: state.migrated ?? null,
      });
      return state;
    },
    async deactivate(state: CreateTenantState, execution: string) {
      if (state.tenantId !== undefined)
        await deactivateTenant(catalog, tenantIdOf(state), execution);
      return state;
    },
    async 'mark-failed'(state: { readonly failure: WorkflowFailure }, execution: string) {
      await markTenantFailed(catalog, execution, describeFailure(state.failure));
      return state;
    },
    async 'judge-creation'(state: CreateTenantsState) {
      return await judgeCreation(catalog, state);
    },
    async 'finish-delete'(state: DeleteTenantState) {
      await finishDeletingTenant(catalog, tenantIdOf(state), state.actor);
      return state;
    },
  };
}
