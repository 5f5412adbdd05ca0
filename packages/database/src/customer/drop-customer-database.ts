import { ownerNameOf, schemaNameOf, ServerRefusedError, type TenantId } from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';
import { maintenanceDatabase } from '../maintenance-database.ts';
import { migratorNameOf } from './customer-roles.ts';
import { commentFor } from './provision-customer-database.ts';
import { withServerLogin, type ServerAccess } from './with-server-login.ts';

/** Which database a tenant is in, and whether the platform made it. */
export interface DropCustomerOptions {
  readonly admin: ServerAccess;
  readonly name: string;
  /** Whether the platform set out to make the database; any other one is never dropped. */
  readonly isOurs: boolean;
}

/** Takes a tenant's rights in a customer's database away and ends its sessions. Where nothing was made, nothing is done. */
export async function suspendCustomerTenant(
  id: TenantId,
  { admin, name }: DropCustomerOptions,
): Promise<void> {
  const user = schemaNameOf(id);
  await inDatabase({ admin, name }, async (db) => {
    if (!(await hasRole(db, user))) return;
    const schema = await sql`select from pg_catalog.pg_namespace where nspname = ${user}`.execute(
      db,
    );
    if (schema.rows.length > 0)
      await sql`revoke all on schema ${sql.id(user)} from ${sql.id(user)}`.execute(db);
    await sql`alter role ${sql.id(user)} nologin`.execute(db);
    await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = ${user}`.execute(
      db,
    );
  });
}

/**
 * Takes everything of a tenant out of a customer's server: the database where the platform made it, else schemas and functions in it, and
 * the tenant's roles. What is gone already is no error. Throws `ServerNotReachedError` and `ServerRefusedError`.
 */
export async function dropCustomerTenant(
  id: TenantId,
  options: DropCustomerOptions,
): Promise<void> {
  const { admin, name, isOurs } = options;
  if (isOurs) await withServerLogin(admin, maintenanceDatabase, (db) => dropDatabase(db, id, name));
  await inDatabase(options, async (db) => {
    await dropSchemas(db, id);
    for (const role of rolesOf(id)) {
      if (!(await hasRole(db, role))) continue;
      await sql`drop owned by ${sql.id(role)} cascade`.execute(db);
      await sql`drop role ${sql.id(role)}`.execute(db);
    }
  });
}

/** In the tenant's database, or where it is gone or was never made, in the one that every server has: roles are everywhere. */
async function inDatabase(
  { admin, name }: Pick<DropCustomerOptions, 'admin' | 'name'>,
  fn: (db: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  try {
    await withServerLogin(admin, name, fn);
  } catch (error) {
    const isGone = error instanceof ServerRefusedError && error.refusal === 'database-missing';
    if (!isGone) throw error;
    await withServerLogin(admin, maintenanceDatabase, fn);
  }
}

function rolesOf(id: TenantId): string[] {
  return [schemaNameOf(id), migratorNameOf(id), ownerNameOf(id)];
}

/** A database with this name that does not say that it was made for this tenant is somebody else's. */
async function dropDatabase(db: Kysely<unknown>, id: TenantId, name: string): Promise<void> {
  const { rows } = await sql<{ comment: string | null }>`
    select shobj_description(oid, 'pg_database') as comment from pg_catalog.pg_database
    where datname = ${name}`.execute(db);
  if (rows[0]?.comment === commentFor(id))
    await sql`drop database ${sql.id(name)} with (force)`.execute(db);
}

async function dropSchemas(db: Kysely<unknown>, id: TenantId): Promise<void> {
  if (!(await hasRole(db, migratorNameOf(id)))) return;
  for (const role of rolesOf(id)) {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`.execute(
      db,
    );
  }
  // Under a second name of its server the database may have been another tenant's, who has schemas of these names, too.
  const { rows } = await sql<{ name: string }>`
    select cast(n.nspname as text) as name from pg_catalog.pg_namespace n
    join pg_catalog.pg_roles o on o.oid = n.nspowner
    where n.nspname in (${schemaNameOf(id)}, 'tenantry_reference', 'tenantry') and o.rolname in (${sql.join(rolesOf(id))})`.execute(
    db,
  );
  for (const { name } of rows) await sql`drop schema ${sql.id(name)} cascade`.execute(db);
}

async function hasRole(db: Kysely<unknown>, name: string): Promise<boolean> {
  const { rows } = await sql`select from pg_catalog.pg_roles where rolname = ${name}`.execute(db);
  return rows.length > 0;
}
