import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
  type TestTenant,
} from '../../../test/support/open-test-cluster.ts';
import {
  applyMigrations,
  readLedger,
  revertMigrations,
  tenantTarget,
  type MigrationProgress,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster.close();
});

const initial = `create table item (id int primary key, done int not null default 0);
insert into item (id) select generate_series(1, 100);`;
const batch = (statement: string) => `-- tenantry: batch\n${statement};`;
const marking =
  'update item set done = done + 1 where id in (select id from item where done = 0 limit 30)';

async function createFilledTenant(): Promise<TestTenant> {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const files = await compileTenantFiles({ 'polls/0001_a.sql': initial });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), files);
  return tenant;
}

async function compileBatch(statement: string) {
  return await compileTenantFiles({
    'polls/0001_a.sql': initial,
    'polls/0002_b.sql': batch(statement),
  });
}

async function countDone(tenant: TestTenant): Promise<Record<string, number>> {
  const rows = await tenant.db.selectFrom('item').select('done').execute();
  return Object.fromEntries(
    Object.entries(Object.groupBy(rows, ({ done }) => String(done))).map(([done, list]) => [
      done,
      list?.length ?? 0,
    ]),
  );
}

async function ledgerOf(tenant: TestTenant): Promise<string[]> {
  return (await readLedger(cluster.migrator, tenantTarget(tenant.id))).map(({ id }) => id);
}

test('a batch runs in rounds, each committed by itself, until nothing is left', async () => {
  const tenant = await createFilledTenant();
  const seen: MigrationProgress[] = [];
  const result = await applyMigrations(
    cluster.migrator,
    tenantTarget(tenant.id),
    await compileBatch(marking),
    { onProgress: (progress) => seen.push(progress) },
  );
  expect(result).toEqual({ applied: ['polls/0002_b'], version: 'polls/0002_b' });
  expect(seen.map(({ rows }) => rows)).toEqual([30, 60, 90, 100, undefined]);
  expect(await countDone(tenant)).toEqual({ 1: 100 });
});

test('a run that is ended in the middle keeps what it has done and goes on there', async () => {
  const tenant = await createFilledTenant();
  const migrations = await compileBatch(marking);
  const ending = new AbortController();
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, {
      signal: ending.signal,
      onProgress: ({ rows = 0 }) => {
        if (rows >= 60) ending.abort();
      },
    }),
  ).rejects.toThrow(/abort/);
  expect(await countDone(tenant)).toEqual({ 0: 40, 1: 60 });
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a']);
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations);
  expect(await countDone(tenant)).toEqual({ 1: 100 });
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a', 'polls/0002_b']);
});

test('a new schema gets all rounds in the transaction of the rest', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const result = await applyMigrations(
    cluster.migrator,
    tenantTarget(tenant.id),
    await compileBatch(marking),
  );
  expect(result.applied).toEqual(['polls/0001_a', 'polls/0002_b']);
  expect(await countDone(tenant)).toEqual({ 1: 100 });
});

test('workers at once take turns and do nothing twice', async () => {
  const tenant = await createFilledTenant();
  const copying = await compileTenantFiles({
    'polls/0001_a.sql': initial,
    'polls/0002_b.sql': 'create table log (id int);',
    'polls/0003_c.sql': batch(
      'insert into log (id) select id from item i where not exists (select from log where log.id = i.id) order by id limit 7',
    ),
  });
  const results = await Promise.all(
    Array.from({ length: 4 }, () =>
      applyMigrations(
        cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
        tenantTarget(tenant.id),
        copying,
      ),
    ),
  );
  expect(results.flatMap(({ applied }) => applied).toSorted()).toEqual([
    'polls/0002_b',
    'polls/0003_c',
  ]);
  expect(await tenant.db.selectFrom('log').select('id').orderBy('id').execute()).toEqual(
    Array.from({ length: 100 }, (_, index) => ({ id: index + 1 })),
  );
});

test('an update that comes back to rows it has changed is stopped, with the reason', async () => {
  const tenant = await createFilledTenant();
  const endless = 'update item set done = done + 1 where id in (select id from item limit 30)';
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), await compileBatch(endless)),
  ).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    failure: {
      migration: 'polls/0002_b',
      statement: 1,
      line: 2,
      sqlstate: '54000',
      message: expect.stringMatching(
        /still finds rows after \d+ changes to the 100 rows of "item"/,
      ),
      hint: expect.stringMatching(/must leave out/),
    },
  });
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a']);
});

test('a failing round names its statement; the rounds before it stay', async () => {
  const tenant = await createFilledTenant();
  const failing =
    'update item set done = 1 + 0 / (60 - id) where id in (select id from item where done = 0 and id <= 60 order by id limit 30)';
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), await compileBatch(failing)),
  ).rejects.toMatchObject({
    failure: { migration: 'polls/0002_b', statement: 1, sqlstate: '22012' },
  });
  expect(await countDone(tenant)).toEqual({ 0: 70, 1: 30 });
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a']);
});

test('its way back runs once, in one transaction', async () => {
  const tenant = await createFilledTenant();
  const [, migration] = await compileTenantFiles({
    'polls/0001_a.sql': initial,
    'polls/0002_b.sql': `${batch(marking)}\n-- down\nupdate item set done = 0;`,
  });
  if (migration === undefined) throw new TypeError('two files make two migrations');
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, [migration]);
  await revertMigrations(cluster.migrator, target, [migration]);
  expect(await countDone(tenant)).toEqual({ 0: 100 });
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a']);
});

test('no lock outlives a batch', async () => {
  const left = await sql<{
    count: bigint;
  }>`select count(*) as count from pg_locks l join pg_stat_activity a using (pid)
    where a.usename = 'platform_migrator'`.execute(cluster.admin);
  expect(left.rows[0]?.count).toBe(0n);
});
