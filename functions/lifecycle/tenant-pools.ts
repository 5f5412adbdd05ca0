import { dropPoolTenant, suspendPoolTenant } from '@tenantry/database';
import {
  findTenant,
  parsePoolName,
  schemaNameOf,
  type CatalogDb,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';

/** Takes a tenant's rights in its pool away at once; does nothing for a tenant with tables of its own. */
export async function suspendInPools(
  provisioner: Kysely<unknown>,
  catalog: CatalogDb,
  id: TenantId,
): Promise<void> {
  for (const pool of await listPools(provisioner, catalog, id)) {
    await suspendPoolTenant(provisioner, id, pool);
  }
}

/** Deletes a tenant's rows in its pool batch by batch, proves that none is left, and drops its role; other tenants keep theirs. */
export async function dropFromPools(
  provisioner: Kysely<unknown>,
  catalog: CatalogDb,
  id: TenantId,
): Promise<void> {
  for (const pool of await listPools(provisioner, catalog, id)) {
    await dropPoolTenant(provisioner, id, { pool });
  }
}

/** The pool that the catalog knows, and any that the tenant's role is still in from an attempt to create it otherwise. */
async function listPools(
  provisioner: Kysely<unknown>,
  catalog: CatalogDb,
  id: TenantId,
): Promise<PoolName[]> {
  const tenant = await findTenant(catalog, id);
  const { rows } = await sql<{ name: string }>`
    select cast(substr(g.rolname, 3) as text) as name from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid and g.rolname like 'p\\_%'
    join pg_catalog.pg_roles u on u.oid = m.member
    where u.rolname = ${schemaNameOf(id)}`.execute(provisioner);
  const names = new Set(rows.map(({ name }) => name));
  if (tenant !== undefined && tenant.pool !== null) names.add(tenant.pool);
  return [...names].toSorted().map(parsePoolName);
}
