import { createSecretsClient, deleteTenantSecret, ensureTenantSecret } from '@tenantry/database';
import { setTenantSecret, type CreateTenantState } from '@tenantry/tenancy';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'tenantSecretPrefix',
);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
const client = createSecretsClient();
const place = { prefix: environment.tenantSecretPrefix, stage: environment.stage };

export const handler = stepHandler({
  async 'store-secret'(state: CreateTenantState) {
    const tenantId = tenantIdOf(state);
    const secretArn = await ensureTenantSecret(client, tenantId, place);
    await setTenantSecret(catalog, tenantId, secretArn);
    return { ...state, secretArn };
  },
  async 'delete-secret'(state: { readonly tenantId?: string }) {
    if (state.tenantId !== undefined) await deleteTenantSecret(client, tenantIdOf(state), place);
    return state;
  },
});
