import {
  databaseSecretPrefix,
  deleteTenantSecret,
  ensureMigratorSecret,
  ensureTenantSecret,
} from '@tenantry/database';
import type { CreateTenantState } from '@tenantry/tenancy';
import { hasTablesIn, tenantIdOf } from './state.ts';

/** What the steps of worker `secrets` work with. */
export interface SecretsStepsOptions {
  readonly client: Parameters<typeof ensureTenantSecret>[0];
  /** How tenants' secrets are named and tagged. */
  readonly place: { readonly prefix: string; readonly stage: string };
}

/** The steps of worker `secrets`, which makes and deletes tenants' secrets and never reads one. */
export function secretsSteps({ client, place }: SecretsStepsOptions) {
  return {
    async 'store-secret'(state: CreateTenantState) {
      if (!hasTablesIn(state)) return state;
      const secretArn = await ensureTenantSecret(client, tenantIdOf(state), place);
      if (state.request.database === undefined) return { ...state, secretArn };
      const prefix = databaseSecretPrefix(place.stage);
      const migratorSecretArn = await ensureMigratorSecret(client, tenantIdOf(state), {
        ...place,
        prefix,
      });
      return { ...state, secretArn, migratorSecretArn };
    },
    async 'delete-secret'<State extends { readonly tenantId?: string }>(state: State) {
      if (state.tenantId !== undefined) await deleteTenantSecret(client, tenantIdOf(state), place);
      return state;
    },
  };
}
