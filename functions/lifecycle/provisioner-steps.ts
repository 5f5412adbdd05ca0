import {
  dropTenantDatabase,
  dropTenantSchema,
  provisionAndVerifySchema,
  provisionTenantDatabase,
  suspendTenantSchema,
  verifyPrivileges,
  type Credentials,
} from '@tenantry/database';
import {
  markTenantDeleting,
  type CatalogDb,
  type CreateTenantState,
  type DeleteTenantState,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { databaseOf, secretArnOf, tenantIdOf } from './state.ts';

/** What the steps of worker `provisioner` work with. */
export interface ProvisionerStepsOptions {
  readonly provisioner: Kysely<unknown>;
  /** The same login in another database of the cluster. */
  readonly openDatabase: (database: string) => Kysely<unknown>;
  readonly catalog: CatalogDb;
  /** Reads a tenant's secret, whose password becomes that of its role. */
  readonly readCredentials: (secretArn: string) => Promise<Credentials>;
}

/** The steps of worker `provisioner`, which makes and drops roles and schemas. */
export function provisionerSteps(options: ProvisionerStepsOptions) {
  const { provisioner, openDatabase, catalog, readCredentials } = options;
  return {
    async provision(state: CreateTenantState) {
      const tenantId = tenantIdOf(state);
      const { password } = await readCredentials(secretArnOf(state));
      const database = databaseOf(state);
      if (database === null) {
        await provisionAndVerifySchema(provisioner, tenantId, { password });
      } else {
        await provisionTenantDatabase({ home: provisioner, openDatabase }, tenantId, { password });
        await verifyPrivileges(openDatabase(database), tenantId);
      }
      return state;
    },
    async suspend(state: DeleteTenantState, execution: string) {
      const tenantId = tenantIdOf(state);
      await markTenantDeleting(catalog, tenantId, { execution, actor: state.actor });
      await suspendTenantSchema(provisioner, tenantId);
      return state;
    },
    async drop<State extends { readonly tenantId?: string }>(state: State) {
      if (state.tenantId === undefined) return state;
      const tenantId = tenantIdOf(state);
      await dropTenantDatabase(provisioner, tenantId);
      await dropTenantSchema(provisioner, tenantId);
      return state;
    },
  };
}
