import {
  ownerNameOf,
  schemaNameOf,
  ServerRefusedError,
  type CustomerDatabase,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';
import { defaultConnectionLimit } from '../cluster/tenant-schema.ts';
import { scramVerifier } from '../cluster/scram-verifier.ts';
import { verifyPrivileges } from '../cluster/verify-privileges.ts';
import { maintenanceDatabase } from '../maintenance-database.ts';
import { sqlStateOf } from '../sql-state.ts';
import type { Credentials } from '../secrets/read-credentials.ts';
import { migratorNameOf } from './customer-roles.ts';
import { prepareCustomerDatabase } from './prepare-customer-database.ts';
import { assertMayProvision, readServer } from './server-rights.ts';
import { withServerLogin, type ServerAccess } from './with-server-login.ts';

/** What a tenant's place in a customer's database is made from. */
export interface ProvisionCustomerOptions {
  readonly database: CustomerDatabase;
  /** Password of the login that the customer gave. */
  readonly adminPassword: string;
  /** Password of the tenant's own login. */
  readonly password: string;
  /** The login that will change the tenant's tables. */
  readonly migrator: Credentials;
  /** Whether the platform has set out to make this database before. */
  readonly isOurs: boolean;
  /** Called before anything is made at the server; with `isOurs` before the database is, which from then on is the platform's to drop. */
  readonly begin: (what: { readonly isOurs: boolean }) => Promise<void>;
}

/**
 * Makes a tenant's place in a customer's database: the database itself where that is wanted, the tenant's two roles, its schema, and a
 * login for migrations, all of this tenant alone. PUBLIC loses its rights on the database. Run again it repairs what is missing and sets
 * the passwords anew.
 *
 * Throws `ServerNotReachedError`, and `ServerRefusedError` naming the right that is missing before anything is made.
 */
export async function provisionCustomerDatabase(
  id: TenantId,
  options: ProvisionCustomerOptions,
): Promise<void> {
  const { database, adminPassword, migrator } = options;
  const admin = { server: database, user: database.user, password: adminPassword };
  if (database.isNew) {
    await withServerLogin(admin, maintenanceDatabase, async (db) => {
      await ensureDatabase(db, id, { admin, ...options });
    });
  }
  await withServerLogin(admin, database.name, async (db) => {
    await assertMayProvision(db, { admin, database: database.name });
    await options.begin({ isOurs: false });
    await makeMigrator(db, id, migrator.password);
    const login = { server: database, user: migrator.username, password: migrator.password };
    await withServerLogin(login, database.name, prepareCustomerDatabase);
    await makeTenant(db, id, options);
    await verifyPrivileges(db, id);
  });
}

async function ensureDatabase(
  db: Kysely<unknown>,
  id: TenantId,
  options: ProvisionCustomerOptions & { readonly admin: ServerAccess },
): Promise<void> {
  const { admin, isOurs, begin } = options;
  const { name } = options.database;
  const server = await readServer(db, admin);
  const found = await sql`select from pg_catalog.pg_database where datname = ${name}`.execute(db);
  if (found.rows.length > 0 && !isOurs) throw databaseExists(admin, name);
  if (found.rows.length === 0) {
    server.assertMayCreateDatabase();
    await begin({ isOurs: true });
    try {
      await sql`create database ${sql.id(name)} template template0`.execute(db);
    } catch (error) {
      if (sqlStateOf(error) === '42P04') throw databaseExists(admin, name);
      throw error;
    }
  }
  await sql`comment on database ${sql.id(name)} is ${sql.lit(commentFor(id))}`.execute(db);
}

/** The comment on a database that was made for a tenant: without it, nothing drops the database. */
export function commentFor(id: TenantId): string {
  return `made for tenant ${id}`;
}

function databaseExists(admin: ServerAccess, name: string): ServerRefusedError {
  return new ServerRefusedError(admin, {
    refusal: 'database-exists',
    why: `database "${name}" exists already`,
    next: 'use it as it is (--no-create-database), or give another name (--db-name)',
  });
}

// Its schema holds the platform's functions, so that it can bring them up to date without the login that the customer gave.
async function makeMigrator(db: Kysely<unknown>, id: TenantId, password: string): Promise<void> {
  const migrator = migratorNameOf(id);
  await db.transaction().execute(async (trx) => {
    await inheritNewRoles(trx);
    await ensureRole(trx, migrator, { attributes: 'login connection limit 20', password });
    // Longer than a function may run would be of no use; shorter, whoever waits for a long transaction can still say so.
    await sql`alter role ${sql.id(migrator)} set statement_timeout = '14min'`.execute(trx);
    await sql`revoke all on schema public from public`.execute(trx);
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(trx);
    const database = sql.id(rows[0]?.name ?? '');
    await sql`revoke all on database ${database} from public`.execute(trx);
    await sql`grant connect on database ${database} to ${sql.id(migrator)}`.execute(trx);
    await sql`create schema if not exists tenantry authorization ${sql.id(migrator)}`.execute(trx);
  });
}

async function makeTenant(
  db: Kysely<unknown>,
  id: TenantId,
  { database, password }: ProvisionCustomerOptions,
): Promise<void> {
  const [user, owner] = [schemaNameOf(id), ownerNameOf(id)];
  await db.transaction().execute(async (trx) => {
    await inheritNewRoles(trx);
    await ensureRole(trx, owner, { attributes: 'nologin' });
    const attributes = `login connection limit ${defaultConnectionLimit}`;
    await ensureRole(trx, user, { attributes, password });
    await sql`grant connect on database ${sql.id(database.name)} to ${sql.id(user)}`.execute(trx);
    await sql`grant ${sql.id(owner)} to ${sql.id(migratorNameOf(id))}`.execute(trx);
    for (const schema of [user, 'tenantry_reference']) {
      await sql`select tenantry.ensure_schema(${schema}, ${owner}, ${user}, 'select, insert, update, delete')`.execute(
        trx,
      );
    }
    const role = sql`alter role ${sql.id(user)}`;
    await sql`${role} set search_path = ${sql.id(user)}`.execute(trx);
    await sql`${role} set statement_timeout = '30s'`.execute(trx);
    await sql`${role} set idle_in_transaction_session_timeout = '60s'`.execute(trx);
  });
}

/** Lets a login that is no superuser act as the roles it makes; before PostgreSQL 16 it makes itself their member. */
async function inheritNewRoles(db: Kysely<unknown>): Promise<void> {
  await sql`select set_config('createrole_self_grant', 'set, inherit', true)
    where cast(current_setting('server_version_num') as int) >= 160000`.execute(db);
}

async function ensureRole(
  db: Kysely<unknown>,
  name: string,
  { attributes, password }: { readonly attributes: string; readonly password?: string },
): Promise<void> {
  const role = sql.id(name);
  const found = await sql`select from pg_catalog.pg_roles where rolname = ${name}`.execute(db);
  const verb = sql.raw(found.rows.length === 0 ? 'create' : 'alter');
  await sql`${verb} role ${role} ${sql.raw(attributes)}`.execute(db);
  if (password !== undefined) {
    const verifier = await scramVerifier(password);
    await sql`alter role ${role} password ${sql.lit(verifier)}`.execute(db);
  }
  await sql`do ${sql.lit(grantBeforeVersion16(name))}`.execute(db);
}

function grantBeforeVersion16(name: string): string {
  return `begin
    if cast(current_setting('server_version_num') as int) < 160000
      and not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant %I to %I', '${name}', current_user);
    end if;
  end`;
}
