import { scopeFor, type CompiledScope, type MigrationTarget } from '@tenantry/migrations';
import {
  getTenant,
  countPoolMates,
  parseTenantId,
  TenantHasNoTablesError,
  TenantNotActiveError,
  type PoolView,
  type TenantId,
  type TenantView,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { targetOf } from '../tenant-target.ts';
import { compiled, fleet } from './environment.ts';

/** A tenant that has tables, and the login that may look into them. */
export interface OpenedTenant {
  readonly tenant: TenantView;
  readonly id: TenantId;
  readonly target: MigrationTarget;
  /** The tenant migrations in the form for its tables. */
  readonly scope: CompiledScope;
  /** Null for a tenant with tables of its own. */
  readonly pool: PoolView | null;
  readonly migrator: Kysely<unknown>;
}

/**
 * The tenant with this slug or id, on its cluster. Throws `TenantNotFoundError`, `TenantNotActiveError` for one that is being made or
 * deleted, and `TenantHasNoTablesError`.
 */
export async function openTenant(reference: string): Promise<OpenedTenant> {
  const tenant = await getTenant(fleet.catalog, reference);
  if (tenant.status !== 'active' && tenant.status !== 'suspended') {
    throw new TenantNotActiveError(tenant.id, tenant.status);
  }
  if (tenant.isolation === 'cache') throw new TenantHasNoTablesError(tenant.id);
  const id = parseTenantId(tenant.id);
  const { cluster_id: cluster, database } = await fleet.catalog
    .selectFrom('tenants')
    .select(['cluster_id', 'database'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const { migrator } = await fleet.openCluster(cluster, database);
  const { pool } = tenant;
  const target = targetOf({ tenantId: id, pool });
  return {
    tenant,
    id,
    target,
    scope: scopeFor(target, compiled.scopes.tenant),
    pool: pool === null ? null : { name: pool, tenants: await countPoolMates(fleet.catalog, id) },
    migrator,
  };
}
