import type { SharedDb, TenantDb } from '@tenantry/database';
import type { Tenant } from '@tenantry/tenancy';
import type { Log } from './log.ts';

/** What a tenant's code works with. The host was matched; the caller is not authenticated yet. */
export interface TenantContext<TenantTables, SharedTables> {
  readonly tenant: Tenant;
  /** The tenant's own tables. */
  readonly db: TenantDb<TenantTables>;
  /** The tables that all tenants read. */
  readonly shared: SharedDb<SharedTables>;
  /** Every line carries the tenant's id. */
  readonly log: Log;
}
