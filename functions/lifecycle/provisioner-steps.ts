import {
  dropRightsElsewhere,
  dropTenantDatabase,
  dropTenantSchema,
  provisionAndVerifySchema,
  provisionPool,
  provisionPoolTenant,
  provisionSharedLogin,
  provisionTenantDatabase,
  suspendTenantSchema,
  verifyPrivileges,
  type Credentials,
} from '@tenantry/database';
import {
  findFurtherCluster,
  markTenantDeleting,
  type CatalogDb,
  type CreateTenantState,
  type DeleteTenantState,
  type TenantId,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { customerPlaces } from './customer-places.ts';
import { homePlace, placeOf, type TenantPlace } from './place.ts';
import { hasTablesIn, poolOf, secretArnOf, tenantIdOf } from './state.ts';
import { dropFromPools, suspendInPools } from './tenant-pools.ts';

/** What the steps of worker `provisioner` work with. */
export interface ProvisionerStepsOptions {
  /** As `platform_provisioner` of the place's cluster. */
  readonly openProvisioner: (place: TenantPlace) => Kysely<unknown>;
  readonly catalog: CatalogDb;
  /** Reads a tenant's secret, whose password becomes that of its role. */
  readonly readCredentials: (secretArn: string) => Promise<Credentials>;
  /** Deletes the secret of a login that a customer gave. */
  readonly deleteSecret: (secretArn: string) => Promise<void>;
}

/** The steps of worker `provisioner`, which makes and drops roles and schemas. */
export function provisionerSteps(options: ProvisionerStepsOptions) {
  const { openProvisioner, catalog, readCredentials } = options;
  const customers = customerPlaces(options);
  return {
    async provision(state: CreateTenantState) {
      if (!hasTablesIn(state)) return state;
      const tenantId = tenantIdOf(state);
      const pool = poolOf(state);
      const { password } = await readCredentials(secretArnOf(state));
      const { cluster, database, customer } = placeOf(state);
      const provisioner = openProvisioner({ cluster, database: null });
      if (customer !== undefined) {
        await customers.provision(state);
      } else if (pool !== null) {
        await provisionPool(provisioner, pool);
        await provisionPoolTenant(provisioner, tenantId, { pool, password });
      } else if (database === null) {
        await provisionAndVerifySchema(provisioner, tenantId, { password });
      } else {
        const openDatabase = (name: string) => openProvisioner({ cluster, database: name });
        await provisionTenantDatabase({ home: provisioner, openDatabase }, tenantId, { password });
        await verifyPrivileges(openDatabase(database), tenantId);
      }
      if (cluster !== null || customer !== undefined) {
        await provisionSharedLogin(openProvisioner(homePlace), tenantId, { password });
      }
      return state;
    },
    async suspend(state: DeleteTenantState, execution: string) {
      const tenantId = tenantIdOf(state);
      await markTenantDeleting(catalog, tenantId, { execution, actor: state.actor });
      for (const place of await listSharedPlaces(catalog, tenantId)) {
        const provisioner = openProvisioner(place);
        await suspendInPools(provisioner, catalog, tenantId);
        await suspendTenantSchema(provisioner, tenantId);
      }
      if (state.leaveDatabase !== true) await customers.suspend(tenantId);
      return state;
    },
    async drop<State extends { readonly tenantId?: string; readonly leaveDatabase?: true }>(
      state: State,
    ) {
      if (state.tenantId === undefined) return state;
      const tenantId = tenantIdOf(state);
      if (state.leaveDatabase === true) await customers.leave(tenantId);
      else await customers.drop(tenantId);
      for (const place of await listSharedPlaces(catalog, tenantId)) {
        const provisioner = openProvisioner(place);
        const openDatabase = (database: string) => openProvisioner({ ...place, database });
        await dropRightsElsewhere({ home: provisioner, openDatabase }, tenantId);
        await dropFromPools(provisioner, catalog, tenantId);
        await dropTenantDatabase(provisioner, tenantId);
        await dropTenantSchema(provisioner, tenantId);
      }
      return state;
    },
  };
}

/** The shared databases in which a tenant has a login: its cluster's, and the home one with what all tenants read. */
async function listSharedPlaces(catalog: CatalogDb, id: TenantId): Promise<TenantPlace[]> {
  const cluster = await findFurtherCluster(catalog, id);
  return cluster === undefined ? [homePlace] : [{ cluster, database: null }, homePlace];
}
