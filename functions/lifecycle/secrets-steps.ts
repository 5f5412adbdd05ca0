import {
  databaseSecretPrefix,
  deleteTenantSecret,
  ensureMigratorSecret,
  ensureTenantSecret,
} from '@tenantry/database';
import type { CreateTenantState } from '@tenantry/tenancy';
import { hasTablesIn, isDedicated, tenantIdOf, type IsolatedState } from './state.ts';

/** What the steps of worker `secrets` work with. */
export interface SecretsStepsOptions {
  readonly client: Parameters<typeof ensureTenantSecret>[0];
  /** How tenants' secrets are named and tagged. */
  readonly place: {
    readonly prefix: string;
    /** The same for dedicated tenants, whose secrets no other tenant's application may read. @default - none are made here */
    readonly dedicatedPrefix?: string;
    readonly stage: string;
  };
}

/** The steps of worker `secrets`, which makes and deletes tenants' secrets and never reads one. */
export function secretsSteps({ client, place }: SecretsStepsOptions) {
  const placeFor = (state: IsolatedState) => {
    if (!isDedicated(state)) return place;
    if (place.dedicatedPrefix !== undefined) return { ...place, prefix: place.dedicatedPrefix };
    throw new TypeError('dedicated tenants are not made here');
  };
  return {
    async 'store-secret'(state: CreateTenantState) {
      if (!hasTablesIn(state)) return state;
      const secretArn = await ensureTenantSecret(client, tenantIdOf(state), placeFor(state));
      if (state.request.database === undefined) return { ...state, secretArn };
      const prefix = databaseSecretPrefix(place.stage);
      const migratorSecretArn = await ensureMigratorSecret(client, tenantIdOf(state), {
        ...place,
        prefix,
      });
      return { ...state, secretArn, migratorSecretArn };
    },
    async 'delete-secret'<State extends IsolatedState>(state: State) {
      if (state.tenantId !== undefined)
        await deleteTenantSecret(client, tenantIdOf(state), placeFor(state));
      return state;
    },
  };
}
