import { openTenantDb, type TenantHandles } from '@tenantry/database';
import {
  tenantVisibleColumnTypes,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import { dialectAt, type AnyDatabaseAddress } from './customer-servers.ts';
import type { DatabaseAddress } from './databases.ts';

/** A tenant's tables in its database or pool, and those that all tenants read in the home database, logged in with the tenant's secret. */
export function openTenantTables(
  own: AnyDatabaseAddress,
  login: {
    readonly secretArn: string;
    readonly home: DatabaseAddress;
    readonly pool: string | null;
  },
): TenantHandles<PollsTenantTables, PollsSharedTables> {
  const { secretArn, home, pool } = login;
  const open = (address: AnyDatabaseAddress) =>
    dialectAt(address, secretArn, tenantVisibleColumnTypes);
  return openTenantDb(open(own), open(home), {
    sharesTables: pool !== null,
    columnTypes: tenantVisibleColumnTypes,
  });
}
