import { openTenantDb, type TenantHandles } from '@tenantry/database';
import {
  tenantVisibleColumnTypes,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import { dialectFor, type DatabaseAddress } from './databases.ts';

/** A tenant's tables, and the shared ones, logged in with the tenant's secret. */
export function openTenantTables(
  address: DatabaseAddress,
  secretArn: string,
): TenantHandles<PollsTenantTables, PollsSharedTables> {
  return openTenantDb(dialectFor(address, secretArn, tenantVisibleColumnTypes));
}
