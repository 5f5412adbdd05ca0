import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../../../test/support/open-test-cluster.ts';
import { readSuperuser } from '../../../../test/support/read-superuser.ts';
import { commandGuard, ensureCommandGuard, isCommandGuard } from './command-guard.ts';

let cluster: TestCluster;
let superuser: AnyDb;

beforeAll(async () => {
  cluster = await openTestCluster();
  const { user, password } = await readSuperuser(cluster.dataDir);
  superuser = cluster.openAs(user, password);
});
afterAll(async () => await cluster?.close());

async function listGuards(): Promise<unknown[]> {
  const { rows } = await sql`
    select e.evtname as name, ${sql.raw(isCommandGuard)} as is_at_work from pg_event_trigger e`.execute(
    cluster.admin,
  );
  return rows;
}

const one = [{ name: commandGuard, is_at_work: true }];

test('a prepared database has it, and made again it is one', async () => {
  expect(await listGuards()).toEqual(one);
  await Promise.all([ensureCommandGuard(cluster.admin), ensureCommandGuard(cluster.admin)]);
  expect(await listGuards()).toEqual(one);
});

test.each([
  ['is missing', `drop event trigger ${commandGuard}`],
  ['is switched off', `alter event trigger ${commandGuard} disable`],
  ['is for replicas only', `alter event trigger ${commandGuard} enable replica`],
])('one that %s is made anew', async (_, change) => {
  await sql.raw(change).execute(superuser);
  expect(await listGuards()).not.toEqual(one);
  await ensureCommandGuard(cluster.admin);
  expect(await listGuards()).toEqual(one);
});

test('it refuses what a tenant may do otherwise, and names the command', async () => {
  const { db, schema } = await createTestTenant(cluster);
  await sql.raw(`grant create on schema "${schema}" to "${schema}"`).execute(superuser);
  const refused = { code: '42501', message: 'permission denied for CREATE VIEW' };
  await expect(sql`create view mine as select 1 as one`.execute(db)).rejects.toMatchObject(refused);
  await sql`set event_triggers = off`.execute(db).catch(() => undefined);
  await expect(sql`create view mine as select 1 as one`.execute(db)).rejects.toMatchObject(refused);
});

test('a master user who may make no event triggers is left without one, and nothing fails', async () => {
  await sql.raw(`drop event trigger ${commandGuard}`).execute(superuser);
  await sql`drop function pg_catalog.local_create_event_trigger(name, regproc)`.execute(superuser);
  await ensureCommandGuard(cluster.admin);
  expect(await listGuards()).toEqual([]);
});
