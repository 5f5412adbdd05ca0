import { ownerNameOf, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import type { ProvisionerLogins } from './provisioner-logins.ts';

/**
 * Takes away what a tenant's roles were given in other databases of its cluster, which would keep them from being dropped: whoever has
 * a database there may grant any role rights on large objects of his own.
 */
export async function dropRightsElsewhere(
  { home, openDatabase }: ProvisionerLogins,
  id: TenantId,
): Promise<void> {
  const [user, owner] = [schemaNameOf(id), ownerNameOf(id)];
  const { rows } = await sql<{ role: string; database: string }>`
    select distinct cast(r.rolname as text) as role, cast(d.datname as text) as database
    from pg_catalog.pg_shdepend s
    join pg_catalog.pg_roles r on r.oid = s.refobjid
    join pg_catalog.pg_database d on d.oid = s.dbid
    where s.refclassid = cast('pg_catalog.pg_authid' as regclass) and r.rolname in (${user}, ${owner})
      and d.datname not in (current_database(), ${user})`.execute(home);
  for (const { role, database } of rows) {
    const drop = sql`drop owned by ${sql.id(role)}`;
    await retryCatalogRace(() => drop.execute(openDatabase(database)));
  }
}
