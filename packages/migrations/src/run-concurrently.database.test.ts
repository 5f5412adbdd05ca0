import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
  type TestTenant,
} from '../../../test/support/open-test-cluster.ts';
import {
  applyMigrations,
  readLedger,
  revertMigrations,
  tenantTarget,
  type CompiledMigration,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;
let indexer: AnyDb;
let base: readonly CompiledMigration[];
let migrations: readonly CompiledMigration[];

beforeAll(async () => {
  cluster = await openTestCluster();
  indexer = openIndexer();
  const files = {
    'polls/0001_a.sql': `create table item (id int primary key, name text);
insert into item select n, 'name ' || n % 50 from generate_series(1, 100) n;`,
  };
  base = await compileTenantFiles(files);
  migrations = await compileTenantFiles({
    ...files,
    'polls/0002_b.sql': `-- tenantry: transaction off
create index concurrently item_name on item (lower(name));
-- down
drop index concurrently item_name;`,
  });
});
afterAll(async () => {
  await cluster.close();
});

function openIndexer(): AnyDb {
  return cluster.openAs('platform_indexer', 'password-of-platform_indexer');
}

async function createFilledTenant(): Promise<TestTenant> {
  const tenant = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), base);
  return tenant;
}

async function stateOf(tenant: TestTenant) {
  const indexes = await sql<{ name: string; is_valid: boolean }>`
    select c.relname as name, i.indisvalid as is_valid from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = cast(${tenant.schema} as regnamespace) and c.relname like 'item\\_name%'`.execute(
    cluster.admin,
  );
  const ledger = await readLedger(cluster.migrator, tenantTarget(tenant.id));
  return { indexes: indexes.rows, ledger: ledger.map(({ id }) => id) };
}

const built = {
  indexes: [{ name: 'item_name', is_valid: true }],
  ledger: ['polls/0001_a', 'polls/0002_b'],
};

async function withLockTimeout<Result>(work: (db: AnyDb) => Promise<Result>): Promise<Result> {
  await sql.raw(`alter role platform_indexer set lock_timeout = '700ms'`).execute(cluster.admin);
  try {
    return await work(openIndexer());
  } finally {
    await sql.raw(`alter role platform_indexer set lock_timeout = '5min'`).execute(cluster.admin);
  }
}

test('a filled schema gets its index while its tables are written to', async () => {
  const tenant = await createFilledTenant();
  const result = await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, {
    indexer,
  });
  expect(result).toEqual({ applied: ['polls/0002_b'], version: 'polls/0002_b' });
  expect(await stateOf(tenant)).toEqual(built);
});

test('a new schema gets its index in the transaction of the rest, without the indexer', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const result = await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations);
  expect(result.applied).toEqual(['polls/0001_a', 'polls/0002_b']);
  expect(await stateOf(tenant)).toEqual(built);
});

test('an index that somebody built by hand, or a cut run did not record, is done', async () => {
  const tenant = await createFilledTenant();
  await sql
    .raw(`create index concurrently item_name on ${tenant.schema}.item (lower(name))`)
    .execute(indexer);
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer });
  expect(await stateOf(tenant)).toEqual(built);
});

test('a build that waits for a transaction gives up in time and names whose it is; the next run builds', async () => {
  const tenant = await createFilledTenant();
  await tenant.db.transaction().execute(async (trx) => {
    await trx.insertInto('item').values({ id: 1000, name: 'x' }).execute();
    await withLockTimeout(async (db) => {
      await expect(
        applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer: db }),
      ).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        failure: {
          migration: 'polls/0002_b',
          statement: 1,
          line: 2,
          sqlstate: '55P03',
          detail: expect.stringMatching(
            new RegExp(`waited for session \\d+ of role ${tenant.schema} .* next run drops`),
          ),
        },
      });
    });
  });
  expect((await stateOf(tenant)).ledger).toEqual(['polls/0001_a']);
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer });
  expect(await stateOf(tenant)).toEqual(built);
});

test("another tenant's long transaction delays the build only until it ends, and is named when that takes too long", async () => {
  const [tenant, other] = [await createFilledTenant(), await createFilledTenant()];
  await other.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await trx.selectFrom('item').selectAll().execute();
      await withLockTimeout(async (db) => {
        await expect(
          applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer: db }),
        ).rejects.toMatchObject({
          failure: {
            sqlstate: '55P03',
            detail: expect.stringMatching(
              new RegExp(`waited for session \\d+ of role ${other.schema}`),
            ),
          },
        });
      });
      expect(await stateOf(tenant)).toEqual({ indexes: [], ledger: ['polls/0001_a'] });
    });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer });
  expect(await stateOf(tenant)).toEqual(built);
});

test('a builder that is killed leaves an invalid index, which the next run drops and builds anew', async () => {
  const [tenant, other] = [await createFilledTenant(), await createFilledTenant()];
  await other.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await trx.selectFrom('item').selectAll().execute();
      // The statement alone, because a worker that lives drops what its builder has left.
      const building = sql
        .raw(`create index concurrently item_name on ${tenant.schema}.item (lower(name))`)
        .execute(openIndexer());
      building.catch(() => undefined);
      await untilBuilding(tenant, 'waiting for old snapshots');
      await sql`select pg_terminate_backend(pid) from pg_stat_progress_create_index`.execute(
        indexer,
      );
      await expect(building).rejects.toThrow(/terminat/i);
    });
  expect(await stateOf(tenant)).toEqual({
    indexes: [{ name: 'item_name', is_valid: false }],
    ledger: ['polls/0001_a'],
  });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, { indexer });
  expect(await stateOf(tenant)).toEqual(built);
});

test('of two workers at once one builds, the other waits and finds it done', async () => {
  const tenants = [
    await createFilledTenant(),
    await createFilledTenant(),
    await createFilledTenant(),
  ];
  const apply = async (tenant: TestTenant) =>
    await applyMigrations(
      cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
      tenantTarget(tenant.id),
      migrations,
      { indexer: openIndexer() },
    );
  for (const tenant of tenants) {
    const results = await Promise.all([apply(tenant), apply(tenant), apply(tenant)]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(['polls/0002_b']);
    expect(await stateOf(tenant)).toEqual(built);
  }
});

test('rows that break a unique index are named, and no half of it goes on refusing rows', async () => {
  const tenant = await createFilledTenant();
  const unique = await compileTenantFiles({
    'polls/0001_a.sql': 'select 1',
    'polls/0002_b.sql': `-- tenantry: transaction off
create unique index concurrently item_name on item (name);`,
  });
  const list = [...base, ...unique.slice(1)];
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), list, { indexer }),
  ).rejects.toMatchObject({
    failure: {
      sqlstate: '23505',
      sql: 'create unique index item_name on item (name)',
      detail: expect.stringContaining('is duplicated'),
    },
  });
  expect((await stateOf(tenant)).indexes).toEqual([]);
});

test('its way back drops the index concurrently, and may run again', async () => {
  const tenant = await createFilledTenant();
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, migrations, { indexer });
  const second = migrations.slice(1);
  const result = await revertMigrations(cluster.migrator, target, second, { indexer });
  expect(result).toEqual({ reverted: ['polls/0002_b'], version: 'polls/0001_a' });
  expect(await stateOf(tenant)).toEqual({ indexes: [], ledger: ['polls/0001_a'] });
  const again = await revertMigrations(cluster.migrator, target, second, { indexer });
  expect(again).toEqual({ reverted: [], version: 'polls/0001_a' });
});

test('an expression of the index is evaluated as the owner of the table, not as the indexer', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const probing = await compileTenantFiles({
    'polls/0001_a.sql': `create table item (id int, name text);
insert into item values (1, 'a');
create function witness(name text) returns text language plpgsql immutable as $$ begin
  if current_user <> tg_owner() then raise exception 'run as %', current_user; end if; return name; end $$;`.replace(
      'tg_owner()',
      `'${tenant.owner}'`,
    ),
  });
  await applyMigrations(cluster.migrator, target, probing);
  await sql
    .raw(
      `create index concurrently item_name on ${tenant.schema}.item (${tenant.schema}.witness(name))`,
    )
    .execute(indexer);
  expect((await stateOf(tenant)).indexes).toEqual([{ name: 'item_name', is_valid: true }]);
});

async function untilBuilding(tenant: TestTenant, phase: string): Promise<void> {
  const query = sql<{ count: bigint }>`select count(*) as count from pg_stat_progress_create_index p
    join pg_class c on c.oid = p.relid where c.relnamespace = cast(${tenant.schema} as regnamespace) and p.phase = ${phase}`;
  while ((await query.execute(indexer)).rows[0]?.count === 0n) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
