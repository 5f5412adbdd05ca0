import {
  activateTenant,
  deactivateTenant,
  describeFailure,
  finishDeletingTenant,
  markTenantFailed,
  reserveTenant,
  type CreateTenantState,
  type DeleteTenantState,
  type WorkflowFailure,
} from '@tenantry/tenancy';
import { homeClusterId } from '../home-cluster.ts';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';

const environment = readEnvironment('clusterArn', 'database', 'catalogWriterSecretArn');
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

export const handler = stepHandler({
  async reserve(state: CreateTenantState, execution) {
    const tenantId = await reserveTenant(catalog, state.request, {
      execution,
      clusterId: homeClusterId,
    });
    return { ...state, tenantId };
  },
  async activate(state: CreateTenantState) {
    await activateTenant(catalog, tenantIdOf(state), state.request.actor);
    return state;
  },
  async deactivate(state: CreateTenantState, execution) {
    if (state.tenantId !== undefined) await deactivateTenant(catalog, tenantIdOf(state), execution);
    return state;
  },
  async 'mark-failed'(state: { readonly failure: WorkflowFailure }, execution) {
    await markTenantFailed(catalog, execution, describeFailure(state.failure));
    return state;
  },
  async 'finish-delete'(state: DeleteTenantState) {
    await finishDeletingTenant(catalog, tenantIdOf(state), state.actor);
    return state;
  },
});
