import { setTimeout as delay } from 'node:timers/promises';
import {
  activateTenant,
  deactivateTenant,
  describeFailure,
  findFurtherCluster,
  findTenant,
  finishDeletingTenant,
  finishResumption,
  finishSuspension,
  getSuspendedTenant,
  homeClusterId,
  judgeCreation,
  markTenantFailed,
  reserveTenant,
  tablelessRouteMs,
  type CatalogDb,
  type CreateTenantsState,
  type CreateTenantState,
  type DeleteTenantState,
  type SuspensionState,
  type WorkflowFailure,
} from '@tenantry/tenancy';
import { hasTablesIn, secretArnOf, tenantIdOf } from './state.ts';
import { findRemains } from './tenant-remains.ts';

/** After this time no function has a route to a tenant without tables that is suspended; a second for requests that had just got it. */
const routesHeldMs = tablelessRouteMs + 1000;

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
    async 'forget-routes'(state: SuspensionState, execution: string) {
      const { tenant } = await getSuspendedTenant(catalog, tenantIdOf(state), execution);
      const heldMs = Date.now() - Date.parse(tenant.statusSince);
      await delay(Math.min(Math.max(routesHeldMs - heldMs, 0), routesHeldMs));
      return state;
    },
    async 'finish-suspend'(state: SuspensionState, execution: string) {
      await finishSuspension(catalog, tenantIdOf(state), execution);
      return state;
    },
    async 'finish-resume'<State extends { readonly tenantId?: string }>(
      state: State,
      execution: string,
    ) {
      await finishResumption(catalog, tenantIdOf(state), execution);
      return state;
    },
    async 'finish-delete'(state: DeleteTenantState) {
      await finishDeletingTenant(catalog, tenantIdOf(state), state.actor);
      return state;
    },
  };
}
