import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { clusterFunctions } from './cluster-functions.ts';
import { ensureCommandGuard } from './command-guard.ts';
import { callers } from './function-callers.ts';
import {
  platformRoles,
  tenantRoles,
  type PlatformRole,
  type TenantRole,
} from './platform-roles.ts';
import { referenceSchema } from './reference-schema.ts';
import { scramVerifier } from './scram-verifier.ts';

/** Attributes beyond LOGIN that a platform role has. */
const roleAttributes: Readonly<Record<PlatformRole, string>> = {
  platform_provisioner: 'login createrole createdb',
  platform_migrator: 'login',
  platform_indexer: 'login',
  platform_auditor: 'login',
  catalog_writer: 'login',
  catalog_reader: 'login',
  site: 'login',
};

/** The static schemas of the home cluster: who owns them, who works in them, and what those may do to tables. */
const staticSchemas = [
  { name: 'catalog', user: 'catalog_writer', rights: 'select, insert, update, delete' },
  { name: 'shared', user: 'app_tenants', rights: 'select' },
  { name: 'site', user: 'site', rights: 'select, insert, update, delete' },
] as const;

/**
 * Makes everything in the home database that tenants need before the first one comes: the platform's roles with the given passwords, its
 * functions, and the schemas `catalog`, `shared` and `site`. Everything PUBLIC had is revoked. May run again at any time.
 *
 * `admin` is the cluster's master user: not a superuser, but CREATEROLE, CREATEDB and owner of the database.
 */
export async function prepareCluster<Tables>(
  admin: Kysely<Tables>,
  options: {
    readonly database: string;
    readonly passwords: Readonly<Record<PlatformRole, string>>;
  },
): Promise<void> {
  await retryCatalogRace(() =>
    admin.transaction().execute(async (trx) => {
      await createFunctions(trx);
      await createRoles(trx, platformRoles, options.passwords);
      await closeDatabase(trx, options.database, platformRoles);
      await createSchemas(trx);
      await createDedicatedGroup(trx);
      await createReference(trx);
      await grantFunctions(trx);
      await ensureCommandGuard(trx);
    }),
  );
  await upgradeTenants(admin);
}

/**
 * The same for a database of another cluster: the roles that work on tenants, and the functions. Catalog, site and what all tenants share
 * stay in the home database.
 */
export async function prepareFurtherCluster<Tables>(
  admin: Kysely<Tables>,
  options: {
    readonly database: string;
    readonly passwords: Readonly<Record<TenantRole, string>>;
  },
): Promise<void> {
  await retryCatalogRace(() =>
    admin.transaction().execute(async (trx) => {
      await createFunctions(trx);
      await createRoles(trx, tenantRoles, options.passwords);
      await closeDatabase(trx, options.database, tenantRoles);
      await createReference(trx);
      await grantFunctions(trx);
      await ensureCommandGuard(trx);
    }),
  );
  await upgradeTenants(admin);
}

/** Each upgraded ledger is a lock until the end of its transaction, and PostgreSQL has room for a few thousand. */
const upgradedAtOnce = 200;

/** Brings tenants of an earlier installation up to date. */
async function upgradeTenants(db: QueryExecutorProvider): Promise<void> {
  for (;;) {
    const result = await retryCatalogRace(() =>
      sql<{
        count: number;
      }>`select tenantry.upgrade_tenants(cast(${upgradedAtOnce} as integer)) as count`.execute(db),
    );
    if (result.rows[0]?.count === 0) return;
  }
}

async function createFunctions(db: QueryExecutorProvider): Promise<void> {
  await sql`create schema if not exists tenantry`.execute(db);
  await sql`revoke all on schema tenantry from public`.execute(db);
  // The signature of an earlier installation.
  await sql`drop function if exists tenantry.apply(text, text, text[], jsonb, text)`.execute(db);
  for (const definition of clusterFunctions) await sql.raw(definition).execute(db);
}

async function createRoles<Role extends PlatformRole>(
  db: QueryExecutorProvider,
  roles: readonly Role[],
  passwords: Readonly<Record<Role, string>>,
): Promise<void> {
  await ensureRole(db, { name: 'app_tenants', attributes: 'nologin' });
  for (const role of roles) {
    await ensureRole(db, {
      name: role,
      attributes: roleAttributes[role],
      password: passwords[role],
    });
  }
  await sql`grant app_tenants to platform_provisioner with admin option`.execute(db);
  // Only RDS has this role; with rds.restrict_password_commands its members alone may set passwords.
  await sql`do $$ begin
    if exists (select from pg_roles where rolname = 'rds_password') then grant rds_password to platform_provisioner; end if;
  end $$`.execute(db);
  // A database is dropped together with the sessions in it, which may be the migrator's.
  await sql`grant pg_signal_backend to platform_provisioner`.execute(db);
  await sql`alter role platform_migrator set statement_timeout = '10min'`.execute(db);
  // Shorter than a function may run, so that whoever waits for a long transaction can still say so.
  await sql`alter role platform_indexer set statement_timeout = '14min'`.execute(db);
  await sql`alter role platform_indexer set lock_timeout = '5min'`.execute(db);
}

async function ensureRole(
  db: QueryExecutorProvider,
  role: { readonly name: string; readonly attributes: string; readonly password?: string },
): Promise<void> {
  const verifier = role.password === undefined ? null : await scramVerifier(role.password);
  await sql`select tenantry.ensure_role(${role.name}, ${role.attributes}, ${verifier})`.execute(db);
}

async function closeDatabase(
  db: QueryExecutorProvider,
  database: string,
  roles: readonly PlatformRole[],
): Promise<void> {
  const target = sql.id(database);
  await sql`revoke all on database ${target} from public`.execute(db);
  await sql`revoke all on schema public from public`.execute(db);
  await sql`grant connect on database ${target} to app_tenants`.execute(db);
  await sql`grant create on database ${target} to platform_provisioner`.execute(db);
  for (const role of roles) {
    await sql`grant connect on database ${target} to ${sql.id(role)}`.execute(db);
  }
}

async function createSchemas(db: QueryExecutorProvider): Promise<void> {
  await sql`grant app_tenants to site`.execute(db);
  for (const { name, user, rights } of staticSchemas) {
    await ensureRole(db, { name: `o_${name}`, attributes: 'nologin' });
    await sql`select tenantry.ensure_schema(${name}, ${`o_${name}`}, ${user}, ${rights})`.execute(
      db,
    );
    await sql`select tenantry.allow_set_role(${`o_${name}`}, 'platform_migrator')`.execute(db);
  }
  for (const owner of ['o_shared', 'o_site']) {
    await sql`select tenantry.allow_inherit(${owner}, 'platform_indexer')`.execute(db);
  }
  await sql`grant usage on schema catalog to catalog_reader`.execute(db);
}

/** Whose members see their own rows of one view of the catalog: the logins of dedicated tenants, whose applications find their routes so. */
async function createDedicatedGroup(db: QueryExecutorProvider): Promise<void> {
  await ensureRole(db, { name: 'app_dedicated', attributes: 'nologin' });
  await sql`grant app_dedicated to platform_provisioner with admin option`.execute(db);
  await sql`grant usage on schema catalog to app_dedicated`.execute(db);
}

/** An empty schema like a tenant's, in which the migrator learns what migrations make; nothing in it is ever committed. */
async function createReference(db: QueryExecutorProvider): Promise<void> {
  const { schema, owner, user } = referenceSchema;
  for (const name of [owner, user]) await ensureRole(db, { name, attributes: 'nologin' });
  await sql`select tenantry.ensure_schema(${schema}, ${owner}, ${user}, 'select, insert, update, delete')`.execute(
    db,
  );
  await sql`select tenantry.allow_set_role(${owner}, 'platform_migrator')`.execute(db);
  // Tenants' own databases have a schema like it, which the provisioner makes.
  await sql`grant ${sql.id(owner)} to platform_provisioner`.execute(db);
}

async function grantFunctions(db: QueryExecutorProvider): Promise<void> {
  await sql`revoke execute on all routines in schema tenantry from public`.execute(db);
  for (const [role, functions] of Object.entries(callers)) {
    await sql`grant usage on schema tenantry to ${sql.id(role)}`.execute(db);
    for (const signature of functions) {
      await sql`grant execute on routine tenantry.${sql.raw(signature)} to ${sql.id(role)}`.execute(
        db,
      );
    }
  }
}
