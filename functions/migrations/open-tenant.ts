import { tenantTarget, type MigrationTarget } from '@tenantry/migrations';
import {
  getTenant,
  parseTenantId,
  TenantNotActiveError,
  type TenantId,
  type TenantView,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { fleet } from './environment.ts';

/** A tenant that has a schema, and the login that may look into it. */
export interface OpenedTenant {
  readonly tenant: TenantView;
  readonly id: TenantId;
  readonly target: MigrationTarget;
  readonly migrator: Kysely<unknown>;
}

/**
 * The tenant with this slug or id, on its cluster. Throws `TenantNotFoundError`, and `TenantNotActiveError` for one that is being made or
 * deleted.
 */
export async function openTenant(reference: string): Promise<OpenedTenant> {
  const tenant = await getTenant(fleet.catalog, reference);
  if (tenant.status !== 'active' && tenant.status !== 'suspended') {
    throw new TenantNotActiveError(tenant.id, tenant.status);
  }
  const id = parseTenantId(tenant.id);
  const { cluster_id: cluster, database } = await fleet.catalog
    .selectFrom('tenants')
    .select(['cluster_id', 'database'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const { migrator } = await fleet.openCluster(cluster, database);
  return { tenant, id, target: tenantTarget(id), migrator };
}
