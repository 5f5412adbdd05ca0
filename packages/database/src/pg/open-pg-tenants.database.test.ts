import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { createCredentialsCache } from '../secrets/credentials-cache.ts';
import type { TenantDb } from '../tenant-db.ts';
import { openPgTenants, type PgTenantsOptions } from './open-pg-tenants.ts';
import { pgDialect } from './pg-dialect.ts';

type Db = TenantDb<object>;

let server: TestPostgres;
let admin: Kysely<unknown>;
const passwords = new Map<string, string>();

beforeAll(async () => {
  server = await openTestPostgres();
  const { host, port, admin: login } = server.postgres;
  admin = new Kysely({
    dialect: pgDialect({ host, port, ...login }),
  });
});

afterAll(async () => {
  await admin.destroy();
  await server.close();
});

async function setPassword(role: string, password: string): Promise<void> {
  passwords.set(role, password);
  await sql.raw(`alter role ${role} password '${password}'`).execute(admin);
}

async function createRoles(prefix: string, count: number): Promise<string[]> {
  const roles = Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
  for (const role of roles) {
    await sql.raw(`create role ${role} login`).execute(admin);
    await sql.raw(`grant connect, temporary on database tenantry to ${role}`).execute(admin);
    await setPassword(role, `first-of-${role}`);
  }
  return roles;
}

function openTenants(options: Partial<PgTenantsOptions> = {}) {
  const reads = { count: 0 };
  const { host, port } = server.postgres;
  const credentials = createCredentialsCache(async (role) => {
    reads.count += 1;
    return { username: role, password: passwords.get(role) ?? '' };
  });
  const tenants = openPgTenants({ host, port, credentials, ...options });
  onTestFinished(async () => await tenants.close());
  const dbOf = (role: string): Db =>
    tenants.open<object, object>({ secretArn: role, database: 'tenantry' }).db;
  return { tenants, dbOf, reads };
}

async function whoAmI(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select current_user::text as name`.execute(
    db as unknown as Kysely<object>,
  );
  return rows[0]?.name;
}

const run = async (db: Db, text: string): Promise<readonly Record<string, unknown>[]> =>
  (await sql.raw<Record<string, unknown>>(text).execute(db as unknown as Kysely<object>)).rows;

async function countSessions(prefix: string): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from pg_stat_activity where usename like ${`${prefix}\\_%`}`.execute(admin);
  return Number(rows[0]?.count);
}

test('200 tenants are served through 20 sessions in all, each as itself', async () => {
  const roles = await createRoles('many', 200);
  const { tenants, dbOf } = openTenants({ maxSessions: 20 });
  const dbs = new Map(roles.map((role) => [role, dbOf(role)]));
  let most = 0;
  const watch = { isOver: false };
  const watching = (async () => {
    while (!watch.isOver) most = Math.max(most, await countSessions('many'));
  })();
  for (let round = 0; round < 2; round += 1) {
    const names = await Promise.all([...dbs.values()].map(async (db) => await whoAmI(db)));
    expect(names).toEqual(roles);
  }
  watch.isOver = true;
  await watching;
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(20);
  expect(tenants.sessionCount).toBeLessThanOrEqual(20);
});

test('one tenant cannot take all sessions', async () => {
  const [greedy = '', other = ''] = await createRoles('greedy', 2);
  const { dbOf } = openTenants({ maxSessions: 4, maxSessionsPerRole: 2 });
  const greedyDb = dbOf(greedy);
  const slow = Array.from({ length: 6 }, async () => await run(greedyDb, 'select pg_sleep(0.1)'));
  expect(await whoAmI(dbOf(other))).toBe(other);
  expect(await countSessions('greedy')).toBeLessThanOrEqual(3);
  await Promise.all(slow);
});

test('who waits too long for a session is told that the database is not available', async () => {
  const [role = ''] = await createRoles('waiting', 1);
  const { dbOf } = openTenants({ maxSessionsPerRole: 1, acquireTimeoutMs: 50 });
  const slow = run(dbOf(role), 'select pg_sleep(0.5)');
  await expect(whoAmI(dbOf(role))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  await slow;
  expect(await whoAmI(dbOf(role))).toBe(role);
});

test('what a request leaves in its session is gone for the next one', async () => {
  const [role = ''] = await createRoles('state', 1);
  const { dbOf } = openTenants({ maxSessionsPerRole: 1 });
  const db = dbOf(role);
  const pidOf = async () => (await run(db, 'select pg_backend_pid() as pid'))[0]?.['pid'];
  const pid = await pidOf();
  const left = [
    `set search_path = pg_temp`,
    `set statement_timeout = 12345`,
    `select set_config('app.tenant', 'left', false)`,
    `create temporary table left_behind (id int)`,
    `prepare left_plan as select 1`,
    `listen left_channel`,
    `select pg_advisory_lock(42)`,
    `declare left_cursor cursor with hold for select 1`,
    `begin`,
  ];
  for (const statement of left) await run(db, statement);
  const seen = await run(
    db,
    `select current_setting('search_path') as path, current_setting('statement_timeout') as timeout,
            current_setting('app.tenant', true) as tenant, to_regclass('pg_temp.left_behind') as temporary,
            (select count(*)::int from pg_prepared_statements where name = 'left_plan') as plans,
            (select count(*)::int from pg_listening_channels()) as channels,
            (select count(*)::int from pg_locks where locktype = 'advisory') as locks,
            (select count(*)::int from pg_cursors where name = 'left_cursor') as cursors`,
  );
  expect(seen).toEqual([
    {
      path: '"$user", public',
      timeout: '0',
      tenant: '',
      temporary: null,
      plans: 0,
      channels: 0,
      locks: 0,
      cursors: 0,
    },
  ]);
  const transactionOf = async () => (await run(db, 'select pg_current_xact_id()::text as id'))[0];
  expect(await transactionOf()).not.toEqual(await transactionOf());
  expect(await pidOf()).toBe(pid);
});

test('a second statement behind a semicolon is refused, with and without parameters', async () => {
  const [role = ''] = await createRoles('stacked', 1);
  const { dbOf } = openTenants();
  const db = dbOf(role);
  await expect(run(db, 'select 1; select 2')).rejects.toMatchObject({ code: '42601' });
  const withParameter = sql`select ${1}::int; select 2`.execute(db as unknown as Kysely<object>);
  await expect(withParameter).rejects.toMatchObject({ code: '42601' });
});

test('a refused password is read anew once and tried once more, and never more', async () => {
  const [role = ''] = await createRoles('refused', 1);
  const { dbOf, reads } = openTenants({ maxSessionsPerRole: 1, idleMs: 1 });
  expect(await whoAmI(dbOf(role))).toBe(role);
  await setPassword(role, 'second');
  while ((await countSessions('refused')) > 0) await delay(5);
  expect(await whoAmI(dbOf(role))).toBe(role);
  expect(reads.count).toBe(2);
  passwords.set(role, 'wrong');
  await sql.raw(`alter role ${role} password 'third'`).execute(admin);
  while ((await countSessions('refused')) > 0) await delay(5);
  await expect(whoAmI(dbOf(role))).rejects.toMatchObject({ code: 'DATABASE_LOGIN_REFUSED' });
  expect(reads.count).toBe(3);
});

test('100 rotations of passwords under the load of 50 clients fail no request', async () => {
  const roles = await createRoles('rotated', 50);
  const { dbOf, reads } = openTenants({ maxSessions: 10, acquireTimeoutMs: 20_000 });
  const answered = new Map(roles.map((role) => [role, 0]));
  const load = { isOver: false };
  const clients = roles.map(async (role) => {
    const db = dbOf(role);
    while (!load.isOver) {
      expect(await whoAmI(db)).toBe(role);
      answered.set(role, (answered.get(role) ?? 0) + 1);
    }
  });
  const answersOf = (role: string) => answered.get(role) ?? 0;
  const rotate = async (role: string, rotation: number) => {
    const before = answersOf(role);
    await setPassword(role, `rotation-${rotation}`);
    // Two answers: the first may have been on its way before the rotation.
    while (answersOf(role) < before + 2) await Promise.race([...clients, delay(1)]);
  };
  // Secret and role change one after the other: whoever reads a secret for the first time in between has no right password anywhere.
  while (Math.min(...answered.values()) === 0) await Promise.race([...clients, delay(1)]);
  for (let rotation = 0; rotation < 100; rotation += 25) {
    const some = roles.slice(rotation % 50, (rotation % 50) + 25);
    await Promise.all(some.map(async (role) => await rotate(role, rotation)));
  }
  load.isOver = true;
  await Promise.all(clients);
  expect(reads.count).toBeGreaterThan(roles.length);
});

test('the commit of a transaction in which a statement failed is an error, and nothing of it stays', async () => {
  await sql`create table kept (id int4 primary key)`.execute(admin);
  const [role = ''] = await createRoles('committing', 1);
  await sql.raw(`grant select, insert on kept to ${role}`).execute(admin);
  const { dbOf } = openTenants({ maxSessionsPerRole: 1 });
  for (const db of [dbOf(role), admin as unknown as Db]) {
    const swallowing = db.transaction().execute(async (trx) => {
      await run(trx as Db, 'insert into kept values (1)');
      await run(trx as Db, 'insert into kept values (1)').catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject({ code: '25P02' });
    expect(await run(db, 'select * from kept')).toEqual([]);
  }
});

test('sessions that the server ends are replaced', async () => {
  const [role = ''] = await createRoles('ended', 1);
  const { dbOf } = openTenants({ maxSessionsPerRole: 1 });
  expect(await whoAmI(dbOf(role))).toBe(role);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`.execute(
    admin,
  );
  while ((await countSessions('ended')) > 0) await delay(5);
  expect(await whoAmI(dbOf(role))).toBe(role);
});

test('a server that does not answer is not available', async () => {
  const credentials = createCredentialsCache(async () => ({ username: 'a', password: 'b' }));
  const tenants = openPgTenants({ host: '127.0.0.1', port: 1, credentials });
  const { db } = tenants.open<object, object>({ secretArn: 'a', database: 'tenantry' });
  await expect(whoAmI(db)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  await tenants.close();
});
