import {
  createSecretsClient,
  dropTenantSchema,
  provisionTenantSchema,
  readCredentials,
  suspendTenantSchema,
  verifyPrivileges,
} from '@tenantry/database';
import {
  markTenantDeleting,
  type CreateTenantState,
  type DeleteTenantState,
} from '@tenantry/tenancy';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'provisionerSecretArn',
  'catalogWriterSecretArn',
);
const provisioner = openAs(environment, environment.provisionerSecretArn);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
const client = createSecretsClient();

export const handler = stepHandler({
  async provision(state: CreateTenantState) {
    const tenantId = tenantIdOf(state);
    const { password } = await readCredentials(client, state.secretArn ?? '');
    await provisionTenantSchema(provisioner, tenantId, { password });
    await verifyPrivileges(provisioner, tenantId);
    return state;
  },
  async suspend(state: DeleteTenantState, execution) {
    const tenantId = tenantIdOf(state);
    await markTenantDeleting(catalog, tenantId, { execution, actor: state.actor });
    await suspendTenantSchema(provisioner, tenantId);
    return state;
  },
  async drop(state: { readonly tenantId?: string }) {
    if (state.tenantId !== undefined) await dropTenantSchema(provisioner, tenantIdOf(state));
    return state;
  },
});
