import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { readSuperuser } from '../../../../test/support/read-superuser.ts';
import { pgDialect } from '../pg/pg-dialect.ts';
import { closeServerDatabases } from './close-server-databases.ts';

let server: TestPostgres;
let superuser: Kysely<unknown>;
/** As a cluster's master user. */
let admin: Kysely<unknown>;

beforeAll(async () => {
  server = await openTestPostgres();
  const { host, port, admin: login } = server.postgres;
  const root = await readSuperuser(server.dataDir);
  superuser = new Kysely({ dialect: pgDialect({ host, port, database: 'tenantry', ...root }) });
  admin = new Kysely({ dialect: pgDialect({ host, port, ...login }) });
  for (const name of ['stranger', 'platform_provisioner'])
    await sql`create role ${sql.id(name)} login password 'password'`.execute(superuser);
});
afterAll(async () => {
  await admin?.destroy();
  await superuser?.destroy();
  await server?.close();
});

async function openToPublic(): Promise<void> {
  for (const name of ['postgres', 'template1'])
    await sql`grant connect, temporary on database ${sql.id(name)} to public`.execute(superuser);
}

/** How a role gets into a database, by default one of which the platform knows nothing. */
async function enter(database: string, user = 'stranger'): Promise<string | undefined> {
  const { host, port } = server.postgres;
  const login = { user, password: 'password' };
  const db = new Kysely<unknown>({ dialect: pgDialect({ host, port, database, ...login }) });
  try {
    await sql`select 1`.execute(db);
    return 'entered';
  } catch (error) {
    return (error as { readonly code?: string }).code;
  } finally {
    await db.destroy();
  }
}

test('the databases that a server comes with are closed to everybody, and may be closed again', async () => {
  await openToPublic();
  expect([await enter('postgres'), await enter('template1')]).toEqual(['entered', 'entered']);
  expect(await closeServerDatabases(admin)).toEqual([]);
  expect([await enter('postgres'), await enter('template1')]).toEqual(['42501', '42501']);
  expect(await closeServerDatabases(admin)).toEqual([]);
});

test('the platform closes logins from one of them', async () => {
  await closeServerDatabases(admin);
  await closeServerDatabases(admin);
  const user = 'platform_provisioner';
  expect([await enter('postgres', user), await enter('template1', user)]).toEqual([
    'entered',
    '42501',
  ]);
});

test('one that the server keeps for itself is left alone and named', async () => {
  await openToPublic();
  await sql`create role rdsadmin`.execute(superuser);
  await sql`alter database template1 owner to rdsadmin`.execute(superuser);
  expect(await closeServerDatabases(admin)).toEqual(['template1']);
  expect([await enter('postgres'), await enter('template1')]).toEqual(['42501', 'entered']);
});
