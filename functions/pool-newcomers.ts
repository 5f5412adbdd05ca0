import { copyTemplateRows } from '@tenantry/database';
import { poolTarget } from '@tenantry/migrations';
import { parseTenantId, schemaNameOf, type PoolName, type TenantId } from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';

/**
 * Gives the rows that the pool's migrations make to all of its tenants that have none yet, as `platform_migrator`: to one that is being
 * made, and to those that joined the pool before it had tables. Without tables nothing happens.
 */
export async function admitNewcomers(migrator: Kysely<unknown>, pool: PoolName): Promise<void> {
  const { schema } = poolTarget(pool);
  const { rows } = await sql<{ role: string }>`
    select cast(u.rolname as text) as role
    from pg_catalog.pg_namespace n
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'tenantry_members'
    join pg_catalog.pg_roles g on g.rolname = n.nspname
    join pg_catalog.pg_auth_members m on m.roleid = g.oid
    join pg_catalog.pg_roles u on u.oid = m.member and u.rolname like 't\\_%'
    where n.nspname = ${schema}`.execute(migrator);
  const roles = new Set(rows.map(({ role }) => role));
  for (const known of await listMembers(migrator, pool)) roles.delete(known);
  for (const role of [...roles].toSorted()) {
    await copyTemplateRows(migrator, parseTenantId(role.slice(2)), pool);
  }
}

/** Whether a pool has tenants besides this one, whom a change of its tables would reach. */
export async function hasOthers(
  migrator: Kysely<unknown>,
  pool: PoolName,
  id: TenantId,
): Promise<boolean> {
  const members = await listMembers(migrator, pool);
  return members.some((role) => role !== schemaNameOf(id));
}

/** The roles of the tenants that have had their first rows. */
async function listMembers(migrator: Kysely<unknown>, pool: PoolName): Promise<readonly string[]> {
  const { schema, owner } = poolTarget(pool);
  const { rows } = await sql<{ roles: readonly string[] }>`
    select to_jsonb(tenantry.list_pool_tenants(${schema}, ${owner})) as roles`.execute(migrator);
  return rows[0]?.roles ?? [];
}
