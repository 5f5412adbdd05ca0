import {
  dropCustomerTenant,
  provisionCustomerDatabase,
  suspendCustomerTenant,
  type Credentials,
  type DropCustomerOptions,
} from '@tenantry/database';
import {
  findCustomerDatabase,
  noteCustomerDatabase,
  releaseCustomerDatabase,
  type CatalogDb,
  type PlacedDatabase,
  type PlacedState,
  type TenantId,
} from '@tenantry/tenancy';
import { secretArnOf, tenantIdOf } from './state.ts';

/** What it takes to work in customers' databases. */
export interface CustomerPlacesOptions {
  readonly catalog: CatalogDb;
  readonly readCredentials: (secretArn: string) => Promise<Credentials>;
  /** Deletes a secret; one that is gone is no error. */
  readonly deleteSecret: (secretArn: string) => Promise<void>;
}

/** Makes and drops tenants' places in the databases that their customers brought along. */
export interface CustomerPlaces {
  /** Throws `ServerNotReachedError` and `ServerRefusedError`. */
  provision(state: PlacedState): Promise<void>;
  /** Gives a suspended tenant its rights there back; a database that is gone is not made anew. Throws the same. */
  reopen(state: PlacedState): Promise<void>;
  /** Takes the tenant's rights away there; does nothing for a tenant without such a place. */
  suspend(id: TenantId): Promise<void>;
  /** Takes everything of the tenant out of there and deletes the logins' secrets; does nothing for a tenant without such a place. */
  drop(id: TenantId): Promise<void>;
  /** Deletes the logins' secrets and leaves the server as it is, for one that is gone for good. */
  leave(id: TenantId): Promise<void>;
  /** The same for a place at which nothing was made, so that a failed creation keeps no login; does nothing for any other. */
  release(id: TenantId): Promise<void>;
}

/** The places in customers' databases, through the logins that the customers gave. */
export function customerPlaces(options: CustomerPlacesOptions): CustomerPlaces {
  const { catalog, readCredentials, deleteSecret } = options;
  const accessOf = async (placed: PlacedDatabase): Promise<DropCustomerOptions> => {
    const { user, name, isOurs } = placed;
    const { password } = await readCredentials(placed.adminSecretArn);
    return { admin: { server: placed, user, password }, name, isOurs };
  };
  const leave = async (id: TenantId) => await releaseCustomerDatabase(catalog, id, deleteSecret);
  const make = async (state: PlacedState, more: { readonly isNew?: false }): Promise<void> => {
    const id = tenantIdOf(state);
    const placed = await findCustomerDatabase(catalog, id);
    const { migratorSecretArn } = state;
    if (placed === undefined || migratorSecretArn === undefined)
      throw new TypeError("the customer's database is not recorded yet");
    await noteCustomerDatabase(catalog, id, { migratorSecretArn });
    const [tenant, admin, migrator] = await Promise.all([
      readCredentials(secretArnOf(state)),
      readCredentials(placed.adminSecretArn),
      readCredentials(migratorSecretArn),
    ]);
    await provisionCustomerDatabase(id, {
      database: { ...placed, ...more },
      adminPassword: admin.password,
      password: tenant.password,
      migrator,
      isOurs: placed.isOurs,
      begin: async ({ isOurs }) =>
        await noteCustomerDatabase(catalog, id, { isBegun: true, ...(isOurs && { isOurs }) }),
    });
  };
  return {
    provision: async (state) => await make(state, {}),
    reopen: async (state) => await make(state, { isNew: false }),
    suspend: async (id) => {
      const placed = await findCustomerDatabase(catalog, id);
      if (placed?.isBegun === true) await suspendCustomerTenant(id, await accessOf(placed));
    },
    drop: async (id) => {
      const placed = await findCustomerDatabase(catalog, id);
      if (placed?.isBegun === true) {
        await dropCustomerTenant(id, await accessOf(placed));
        // Whoever tries the rest again may find the login's secret gone.
        await noteCustomerDatabase(catalog, id, { isBegun: false, isOurs: false });
      }
      await leave(id);
    },
    leave,
    release: async (id) => {
      const placed = await findCustomerDatabase(catalog, id);
      if (placed?.isBegun === false) await leave(id);
    },
  };
}
