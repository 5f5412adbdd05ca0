import type { TenantCache } from '@tenantry/cache';
import type { SharedDb, TenantDb } from '@tenantry/database';
import type { Tenant } from '@tenantry/tenancy';
import type { Log } from './log.ts';

/** What a tenant's code works with. The host was matched; the caller is not authenticated yet. */
export interface TenantContext<TenantTables, SharedTables> {
  readonly tenant: Tenant;
  /** The tenant's own tables. A tenant of isolation `cache` has none: using `db` or `shared` then throws `TenantHasNoTablesError`. */
  readonly db: TenantDb<TenantTables>;
  /** The tables that all tenants read. */
  readonly shared: SharedDb<SharedTables>;
  /** The tenant's own cache. Throws `TypeError` when it is used and the option `cache` is missing. */
  readonly cache: TenantCache;
  /** Every line carries the tenant's id. */
  readonly log: Log;
}
