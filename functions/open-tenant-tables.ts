import { openTenantDb, type TenantHandles } from '@tenantry/database';
import {
  tenantVisibleColumnTypes,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import { dialectFor, type DatabaseAddress } from './databases.ts';

/** A tenant's tables in its database, and the shared ones in the home database, logged in with the tenant's secret. */
export function openTenantTables(
  own: DatabaseAddress,
  login: { readonly secretArn: string; readonly home: DatabaseAddress },
): TenantHandles<PollsTenantTables, PollsSharedTables> {
  const { secretArn, home } = login;
  const open = (address: DatabaseAddress) =>
    dialectFor(address, secretArn, tenantVisibleColumnTypes);
  return openTenantDb(open(own), open(home));
}
