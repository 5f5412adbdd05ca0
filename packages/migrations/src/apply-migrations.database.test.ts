import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
  type TestTenant,
} from '../../../test/support/open-test-cluster.ts';
import { applyMigrations, readLedger, tenantTarget, type CompiledMigration } from './index.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster.close();
});

function migration(id: string, ...statements: string[]): CompiledMigration {
  const up = statements.map((text, index) => ({ sql: text, line: index + 1, effects: [] }));
  return {
    id,
    module: 'polls',
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: JSON.stringify(statements),
    up,
    down: null,
  };
}

/** The ledger and the columns of all tables: what a schema is, as far as a migration can change it. */
async function stateOf(tenant: TestTenant) {
  const ledger = await sql<{
    id: string;
  }>`select id from ${sql.table(`${tenant.schema}.tenantry_ledger`)}
    order by position`.execute(cluster.provisioner);
  const columns = await sql<{ name: string }>`select c.relname || '.' || a.attname as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = cast(${tenant.schema} as regnamespace) and c.relkind = 'r' and c.relname <> 'tenantry_ledger'
    order by 1`.execute(cluster.admin);
  return { ledger: ledger.rows.map((row) => row.id), columns: columns.rows.map((row) => row.name) };
}

const counting = migration(
  'polls/0001_counting',
  'create table counter (n int)',
  'insert into counter values (1)',
);

test('16 appliers at once apply a migration exactly once', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const migrators = Array.from({ length: 16 }, () =>
    cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
  );
  const results = await Promise.all(
    migrators.map((migrator) => applyMigrations(migrator, tenantTarget(tenant.id), [counting])),
  );
  expect(results.filter((result) => result.applied.length === 1)).toHaveLength(1);
  expect(await tenant.db.selectFrom('counter').selectAll().execute()).toEqual([{ n: 1 }]);
  expect((await stateOf(tenant)).ledger).toEqual(['polls/0001_counting']);
});

test('a second run applies nothing, and only what is new of a longer list', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const next = migration('polls/0002_next', 'alter table counter add column t text');
  const apply = (list: CompiledMigration[]) =>
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), list);
  expect((await apply([counting])).applied).toEqual(['polls/0001_counting']);
  expect((await apply([counting])).applied).toEqual([]);
  expect((await apply([counting, next])).applied).toEqual(['polls/0002_next']);
});

test('the history tells what was applied, when and in how long', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  expect(await readLedger(cluster.migrator, target)).toEqual([]);
  await applyMigrations(cluster.migrator, target, [counting]);
  expect(await readLedger(cluster.migrator, target)).toEqual([
    {
      id: 'polls/0001_counting',
      checksum: counting.checksum,
      appliedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      durationMs: expect.any(Number),
      runId: null,
      how: 'applied',
    },
  ]);
});

test('the ledger appears with the first application, and the tenant has no right on it', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const ledger = `${tenant.schema}.tenantry_ledger`;
  const findLedger = async () =>
    (await sql`select from pg_class where oid = to_regclass(${ledger})`.execute(cluster.admin)).rows
      .length;
  expect(await findLedger()).toBe(0);
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting]);
  expect(await findLedger()).toBe(1);
  for (const text of ['select from tenantry_ledger', 'delete from tenantry_ledger'])
    await expect(sql.raw(text).execute(tenant.db)).rejects.toMatchObject({ code: '42501' });
});

/** What each relation of a tenant is, and every row of its tables, the ledger's too, with its place and the transaction that wrote it. */
async function imageOf({ schema }: TestTenant) {
  const { rows: relations } = await sql<{ name: string; kind: string; version: string }>`
    select relname::text as name, relkind::text as kind, concat(xmin, ' ', relfilenode) as version from pg_class
    where relnamespace = cast(${schema} as regnamespace) order by 1`.execute(cluster.admin);
  const tables = relations.filter(({ kind }) => kind === 'r');
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const all = sql<{ row: string }>`
        select concat_ws(' ', ctid, xmin, t) as row from ${sql.table(`${schema}.${name}`)} t`;
      return (await all.execute(cluster.admin)).rows;
    }),
  );
  return { relations, rows: rows.flat() };
}

test('only the named tenant changes', async () => {
  const [tenant, other] = [await createTestTenant(cluster), await createTestTenant(cluster)];
  for (const { db } of [tenant, other])
    await db.insertInto('poll').values({ question: 'Which?' }).execute();
  const [own, before] = [await imageOf(tenant), await imageOf(other)];
  const touching = migration('polls/0003_touch', "update poll set question = 'What?'");
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [touching]);
  expect((await imageOf(tenant)).rows).toHaveLength(own.rows.length + 1);
  expect(await imageOf(other)).toEqual(before);
});

test('a failing statement is named with its number and SQLSTATE, and all of the transaction is rolled back', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting]);
  const before = await stateOf(tenant);
  const good = migration('polls/0002_good', 'create table good ()');
  const bad = migration(
    'polls/0003_bad',
    'create table bad (id int)',
    'insert into bad values (1 / 0)',
  );
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting, good, bad]),
  ).rejects.toEqual(
    expect.objectContaining({
      code: 'MIGRATION_FAILED',
      schema: tenant.schema,
      failure: {
        migration: 'polls/0003_bad',
        statement: 2,
        line: 2,
        sql: 'insert into bad values (1 / 0)',
        sqlstate: '22012',
        message: 'division by zero',
      },
    }),
  );
  expect(await stateOf(tenant)).toEqual(before);
});

test('a changed checksum of an applied migration is drift, not a second application', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting]);
  const changed = { ...counting, checksum: 'changed' };
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), [changed]),
  ).rejects.toEqual(
    expect.objectContaining({ code: 'MIGRATION_DRIFT', migration: 'polls/0001_counting' }),
  );
});

test('a worker killed at any statement leaves the old or the new version, never one between, and no lock', async () => {
  const steps = ['create table a ()', 'create table b ()', 'alter table a add column x int'];
  for (let killed = 0; killed <= steps.length; killed += 1) {
    const tenant = await createTestTenant(cluster, { migrate: false });
    await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting]);
    const before = await stateOf(tenant);
    const dying = migration(
      'polls/0002_dying',
      ...steps.slice(0, killed),
      'select pg_terminate_backend(pg_backend_pid())',
      ...steps.slice(killed),
    );
    await expect(
      applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting, dying]),
    ).rejects.toThrow(/terminat/i);
    expect(await stateOf(tenant)).toEqual(before);
    const whole = migration('polls/0002_dying', ...steps);
    await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting, whole]);
    expect((await stateOf(tenant)).ledger).toEqual(['polls/0001_counting', 'polls/0002_dying']);
  }
  const locks = await sql<{
    count: bigint;
  }>`select count(*) as count from pg_locks l join pg_stat_activity a using (pid)
    where a.usename = 'platform_migrator'`.execute(cluster.admin);
  expect(locks.rows[0]?.count).toBe(0n);
});

test('a lock held by a request is waited for in short tries and then had', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting]);
  const altering = migration('polls/0002_alter', 'alter table counter add column t text');
  let applied: Promise<unknown> | undefined;
  await tenant.db.transaction().execute(async (trx) => {
    await trx.selectFrom('counter').selectAll().execute();
    applied = applyMigrations(cluster.migrator, tenantTarget(tenant.id), [counting, altering]);
    await untilMigratorWaits();
  });
  await expect(applied).resolves.toEqual({
    applied: ['polls/0002_alter'],
    version: 'polls/0002_alter',
  });
});

test('a seed behind deferred foreign keys may be followed by an index on the same table', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const seeding = migration(
    'polls/0001_seed',
    'create table parent (id int primary key)',
    'create table child (parent_id int references parent deferrable initially deferred)',
    'insert into child values (1)',
    'insert into parent values (1)',
  );
  const indexing = migration(
    'polls/0002_index',
    'create index on child (parent_id)',
    'alter table child add x int',
  );
  const result = await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [
    seeding,
    indexing,
  ]);
  expect(result.applied).toEqual(['polls/0001_seed', 'polls/0002_index']);
});

test('tenants in one database migrate side by side, not one after the other', async () => {
  const tenants = [await createTestTenant(cluster), await createTestTenant(cluster)];
  // Each announces itself by a session lock, which outlives its transaction, and goes on only when both are there: one after the
  // other, the first would wait in vain.
  const meeting = (key: number) =>
    migration(
      'polls/0002_meet',
      `select pg_advisory_lock(${key})`,
      `do $$ begin
        for i in 1..2000 loop
          exit when (select count(*) from pg_locks where locktype = 'advisory' and objid in (7001, 7002)) = 2;
          perform pg_sleep(0.005);
          if i = 2000 then raise exception 'nobody beside ${key}'; end if;
        end loop;
      end $$`,
    );
  const results = await Promise.all(
    tenants.map((tenant, index) =>
      applyMigrations(
        cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
        tenantTarget(tenant.id),
        [meeting(7001 + index)],
      ),
    ),
  );
  expect(results.map((result) => result.applied)).toEqual([
    ['polls/0002_meet'],
    ['polls/0002_meet'],
  ]);
});

async function untilMigratorWaits(): Promise<void> {
  const waiting = sql<{ count: bigint }>`select count(*) as count from pg_stat_activity
    where usename = 'platform_migrator' and wait_event_type = 'Lock'`;
  while ((await waiting.execute(cluster.admin)).rows[0]?.count === 0n) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
