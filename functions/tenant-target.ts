import { poolTarget, tenantTarget, type MigrationTarget } from '@tenantry/migrations';
import { parsePoolName, parseTenantId } from '@tenantry/tenancy';

/** What is migrated for a tenant: its own schema, or, where it shares tables, those of its pool. */
export function targetOf(tenant: {
  readonly tenantId: string;
  readonly pool: string | null;
}): MigrationTarget {
  const { tenantId, pool } = tenant;
  return pool === null ? tenantTarget(parseTenantId(tenantId)) : poolTarget(parsePoolName(pool));
}
