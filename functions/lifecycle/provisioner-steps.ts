import {
  admitToOwnRoute,
  provisionAndVerifySchema,
  provisionPool,
  provisionPoolTenant,
  provisionSharedLogin,
  provisionTenantDatabase,
  verifyPrivileges,
  type Credentials,
} from '@tenantry/database';
import {
  findFurtherCluster,
  getSuspendedTenant,
  markTenantDeleting,
  type CatalogDb,
  type CreateTenantState,
  type DeleteTenantState,
  type PlacedState,
  type SuspensionState,
  type TenantId,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { closeTenant } from './close-tenant.ts';
import { customerPlaces } from './customer-places.ts';
import { homePlace, placeOf, type TenantPlace } from './place.ts';
import { hasTablesIn, isDedicated, poolOf, secretArnOf, tenantIdOf } from './state.ts';
import { suspendAt } from './suspend-at.ts';
import { dropAt, dropRemains } from './tenant-remains.ts';
import { toPlacedState } from './to-placed-state.ts';

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
  const { openProvisioner, catalog } = options;
  const customers = customerPlaces(options);
  return {
    async provision(state: CreateTenantState) {
      if (state.remainsAt !== undefined)
        await dropRemains(tenantIdOf(state), state.remainsAt, options);
      await provisionTenant(state, options, (it) => customers.provision(it));
      return state;
    },
    async open(state: SuspensionState, execution: string) {
      const held = await getSuspendedTenant(catalog, tenantIdOf(state), execution);
      const placed = await toPlacedState(held, catalog);
      await provisionTenant(placed, options, (it) => customers.reopen(it));
      return placed;
    },
    async close<State extends { readonly tenantId?: string }>(state: State, execution: string) {
      const { tenant } = await getSuspendedTenant(catalog, tenantIdOf(state), execution);
      await closeTenant(tenant, { openProvisioner, catalog, customers });
      return state;
    },
    async 'release-place'<State extends { readonly tenantId?: string }>(state: State) {
      if (state.tenantId !== undefined) await customers.release(tenantIdOf(state));
      return state;
    },
    async suspend(state: DeleteTenantState, execution: string) {
      const tenantId = tenantIdOf(state);
      await markTenantDeleting(catalog, tenantId, { execution, actor: state.actor });
      for (const place of await listSharedPlaces(catalog, tenantId))
        await suspendAt(place, tenantId, options);
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
        await dropAt(place, tenantId, options);
      }
      return state;
    },
  };
}

/** Everything of a tenant's roles and place that is not as it must be; nothing for a tenant without tables. */
async function provisionTenant(
  state: PlacedState,
  { openProvisioner, readCredentials }: ProvisionerStepsOptions,
  provisionAtCustomer: (state: PlacedState) => Promise<void>,
): Promise<void> {
  if (!hasTablesIn(state)) return;
  const { password } = await readCredentials(secretArnOf(state));
  const { cluster, customer } = placeOf(state);
  if (customer === undefined) await provisionOnCluster(state, password, openProvisioner);
  else await provisionAtCustomer(state);
  if (cluster !== null || customer !== undefined)
    await provisionAtHome(openProvisioner(homePlace), state, password);
}

/** What a tenant has on a cluster: its schema, its database, or its part of a pool. */
async function provisionOnCluster(
  state: PlacedState,
  password: string,
  openProvisioner: ProvisionerStepsOptions['openProvisioner'],
): Promise<void> {
  const [tenantId, pool] = [tenantIdOf(state), poolOf(state)];
  const { cluster, database } = placeOf(state);
  const provisioner = openProvisioner({ cluster, database: null });
  if (pool !== null) {
    await provisionPool(provisioner, pool);
    await provisionPoolTenant(provisioner, tenantId, { pool, password });
  } else if (database === null) {
    await provisionAndVerifySchema(provisioner, tenantId, { password });
  } else {
    const openDatabase = (name: string) => openProvisioner({ cluster, database: name });
    await provisionTenantDatabase({ home: provisioner, openDatabase }, tenantId, { password });
    await verifyPrivileges(openDatabase(database), tenantId);
  }
}

/** The login of a tenant whose data is elsewhere. */
async function provisionAtHome(
  home: Kysely<unknown>,
  state: PlacedState,
  password: string,
): Promise<void> {
  const tenantId = tenantIdOf(state);
  await provisionSharedLogin(home, tenantId, { password });
  // A dedicated tenant's application has no login of the platform's, and finds its route with this one.
  if (isDedicated(state)) await admitToOwnRoute(home, tenantId);
}

/**
 * The shared databases in which a tenant has a login and that stay when it goes: its cluster's, and the home one with what all tenants read.
 * A cluster of its own goes as a whole, and must not keep its tenant when somebody else has removed it.
 */
async function listSharedPlaces(catalog: CatalogDb, id: TenantId): Promise<TenantPlace[]> {
  const cluster = await findFurtherCluster(catalog, id);
  const isLasting = cluster !== undefined && cluster.id !== id;
  return isLasting ? [{ cluster, database: null }, homePlace] : [homePlace];
}
