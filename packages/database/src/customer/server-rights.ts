import { ServerRefusedError, type ServerLogin } from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';

const oldestVersion = 15;

/** A customer's server, as far as a login of it may change it. */
interface ServerFacts {
  /** Throws `ServerRefusedError` unless the login may make databases. */
  assertMayCreateDatabase(): void;
}

/** Looks at a server through a login. Throws `ServerRefusedError` for one that is too old, and for a login that may not make roles. */
export async function readServer(
  db: Kysely<unknown>,
  { server, user }: ServerLogin,
): Promise<ServerFacts> {
  const { rows } = await sql<{ version: number; roles: boolean; databases: boolean }>`
    select cast(current_setting('server_version_num') as integer) / 10000 as version,
      rolsuper or rolcreaterole as roles, rolsuper or rolcreatedb as databases
    from pg_catalog.pg_roles where rolname = current_user`.execute(db);
  const { version = 0, roles = false, databases = false } = rows[0] ?? {};
  const login = { server, user };
  if (version < oldestVersion) throw tooOld(login, version);
  if (!roles) throw attributeMissing(login, 'CREATEROLE', "to make the tenant's own logins");
  return {
    assertMayCreateDatabase: () => {
      if (!databases) throw attributeMissing(login, 'CREATEDB', 'to create the database');
    },
  };
}

/** Throws `ServerRefusedError` unless a login may make a tenant's place in the database that it is in. */
export async function assertMayProvision(
  db: Kysely<unknown>,
  { admin, database }: { readonly admin: ServerLogin; readonly database: string },
): Promise<void> {
  const { server, user } = admin;
  await readServer(db, admin);
  const { rows } = await sql<{ owns: boolean }>`
    select pg_has_role(datdba, 'USAGE') as owns from pg_catalog.pg_database
    where datname = current_database()`.execute(db);
  if (rows[0]?.owns === true) return;
  throw new ServerRefusedError(
    { server, user },
    {
      refusal: 'right-missing',
      why: `the user does not own database "${database}", and only its owner can close it to everybody else`,
      next: `alter database ${quote(database)} owner to ${quote(user)};`,
    },
  );
}

function attributeMissing(login: ServerLogin, right: string, purpose: string): ServerRefusedError {
  return new ServerRefusedError(login, {
    refusal: 'right-missing',
    why: `the user lacks ${right}, which it needs ${purpose}`,
    next: `alter role ${quote(login.user)} ${right.toLowerCase()};`,
  });
}

function tooOld(login: ServerLogin, version: number): ServerRefusedError {
  return new ServerRefusedError(login, {
    refusal: 'too-old',
    why: `the server is PostgreSQL ${version}, and ${oldestVersion} is the oldest that keeps tenants apart`,
    next: `give a server with PostgreSQL ${oldestVersion} or newer`,
  });
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
