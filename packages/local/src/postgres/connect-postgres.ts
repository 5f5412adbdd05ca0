import { Client, escapeIdentifier } from 'pg';
import { LocalError } from '../errors.ts';
import { databaseName } from './prepare-databases.ts';
import type { RunningPostgres } from './start-postgres.ts';

const supportedMajors = { first: 15, last: 18 };

/**
 * A PostgreSQL 15 to 18 that somebody else runs, as `startPostgres` would give it: the URL's user is the admin, the database
 * `tenantry` is made when missing, and `stop` does nothing. The user needs CREATEROLE and CREATEDB.
 *
 * Throws `LOCAL_DATABASE_UNSUPPORTED` for another major or missing rights, `LOCAL_DATABASE_FAILED` when no connection succeeds.
 *
 * @example
 * const postgres = await connectPostgres('postgres://me:secret@127.0.0.1:5432/postgres');
 */
export async function connectPostgres(url: string): Promise<RunningPostgres> {
  const { host, port, user, password, client } = await connect(url);
  try {
    await assertSupported(client);
    await ensureDatabase(client);
  } finally {
    await client.end();
  }
  return {
    host,
    port,
    admin: { user, password, database: databaseName },
    pid: 0,
    stop: leaveRunning,
  };
}

/** The server is somebody else's. */
async function leaveRunning(): Promise<void> {}

async function connect(url: string) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  const { host, port, user, password } = client;
  const address = `${host}:${port}`;
  if (user === undefined || typeof password !== 'string') {
    throw new LocalError('LOCAL_DATABASE_FAILED', 'DATABASE_URL names no user and password.', {
      next: 'write it as postgres://user:password@host:5432/postgres',
    });
  }
  try {
    await client.connect();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocalError(
      'LOCAL_DATABASE_FAILED',
      `No connection to the PostgreSQL of DATABASE_URL at ${address}: ${reason}`,
      { next: 'check address, user and password, or unset DATABASE_URL', cause },
    );
  }
  return { host, port, user, password, client };
}

async function assertSupported(client: Client): Promise<void> {
  const { rows } = await client.query<{ major: number; allowed: boolean }>(
    `select current_setting('server_version_num')::int / 10000 as major,
            rolsuper or (rolcreaterole and rolcreatedb) as allowed
       from pg_catalog.pg_roles where rolname = current_user`,
  );
  const [{ major, allowed } = { major: 0, allowed: false }] = rows;
  const { first, last } = supportedMajors;
  if (major < first || major > last) {
    throw new LocalError(
      'LOCAL_DATABASE_UNSUPPORTED',
      `DATABASE_URL leads to PostgreSQL ${major}; ${first} to ${last} are supported.`,
      { next: 'use another server, or unset DATABASE_URL to run the embedded one' },
    );
  }
  if (!allowed) {
    throw new LocalError(
      'LOCAL_DATABASE_UNSUPPORTED',
      `The user of DATABASE_URL (${client.user}) may not make roles and databases.`,
      { next: `alter role ${escapeIdentifier(client.user ?? '')} createrole createdb` },
    );
  }
}

async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    'select 1 from pg_catalog.pg_database where datname = $1',
    [databaseName],
  );
  if (rowCount === 0) await client.query(`create database ${databaseName}`);
  await client.query(`revoke all on database ${databaseName} from public`);
}
