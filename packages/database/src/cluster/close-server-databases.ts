import { sql, type Kysely } from 'kysely';
import { maintenanceDatabase } from '../maintenance-database.ts';

/**
 * Takes what PUBLIC has on the databases that a server comes with, so that a tenant's login opens none of them, and answers which could not
 * be closed: only a database's owner may, and Amazon RDS keeps some for itself. `platform_provisioner`, which must be there, may enter
 * `postgres`.
 */
export async function closeServerDatabases<Tables>(admin: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string; is_mine: boolean }>`
    select cast(datname as text) as name, pg_has_role(datdba, 'USAGE') as is_mine from pg_catalog.pg_database
    where datname in ('postgres', 'template1')
      and exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) a where a.grantee = 0)
    order by name`.execute(admin);
  for (const { name } of rows.filter(({ is_mine: isMine }) => isMine))
    await sql`revoke all on database ${sql.id(name)} from public`.execute(admin);
  await admitProvisioner(admin);
  return rows.filter(({ is_mine: isMine }) => !isMine).map(({ name }) => name);
}

/** One that is kept from us is open to everybody. */
async function admitProvisioner<Tables>(admin: Kysely<Tables>): Promise<void> {
  const { rows } = await sql`
    select from pg_catalog.pg_database where datname = ${maintenanceDatabase}
      and pg_has_role(datdba, 'USAGE') and not has_database_privilege('platform_provisioner', oid, 'CONNECT')`.execute(
    admin,
  );
  if (rows.length === 0) return;
  const database = sql.id(maintenanceDatabase);
  await sql`grant connect on database ${database} to platform_provisioner`.execute(admin);
}
