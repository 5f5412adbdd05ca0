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
  markMigration,
  readLedger,
  revertMigrations,
  selectReverts,
  tenantTarget,
  type CompiledMigration,
  type CompiledScope,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;
let scope: CompiledScope;

beforeAll(async () => {
  cluster = await openTestCluster();
  scope = {
    hash: '',
    migrations: await compileTenantFiles({
      'polls/0001_a.sql':
        "create table a (id int, t text);\ninsert into a values (1, 'x');\n-- down\ndrop table a;",
      'polls/0002_upper.sql': 'update a set t = upper(t);\n-- down\nupdate a set t = lower(t);',
      'polls/0003_c.sql':
        'create table c ();\nalter table a add n int;\n-- down\nalter table a drop n;\ndrop table c;',
      'tags/0001_t.sql':
        '-- tenantry: depends-on polls/0003_c\ncreate table t ();\n-- down\ndrop table t;',
      'zz/0001_z.sql': 'create table z ();',
    }),
  };
});
afterAll(async () => {
  await cluster.close();
});

async function createMigratedTenant(last: string): Promise<TestTenant> {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const index = scope.migrations.findIndex(({ id }) => id === last);
  const list = scope.migrations.slice(0, index + 1);
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), list);
  return tenant;
}

async function stateOf(tenant: TestTenant): Promise<{ ledger: string[]; columns: string[] }> {
  const columns = await sql<{
    name: string;
  }>`select c.relname || '.' || coalesce(a.attname, '') as name
    from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = cast(${tenant.schema} as regnamespace) and c.relkind = 'r' and c.relname <> 'tenantry_ledger'
    order by 1`.execute(cluster.admin);
  const ledger = await readLedger(cluster.migrator, tenantTarget(tenant.id));
  return { ledger: ledger.map(({ id }) => id), columns: columns.rows.map(({ name }) => name) };
}

function migration(id: string): CompiledMigration {
  const found = scope.migrations.find((candidate) => candidate.id === id);
  if (found === undefined) throw new TypeError(`no ${id}`);
  return found;
}

test('migrations are taken back last first, with their rows in the ledger, and can be applied again', async () => {
  const tenant = await createMigratedTenant('polls/0003_c');
  const target = tenantTarget(tenant.id);
  const before = await stateOf(tenant);
  const reverts = selectReverts(scope, await readLedger(cluster.migrator, target), {
    to: 'polls/0001_a',
  });
  const result = await revertMigrations(cluster.migrator, target, reverts);
  expect(result).toEqual({
    reverted: ['polls/0003_c', 'polls/0002_upper'],
    version: 'polls/0001_a',
  });
  expect(await stateOf(tenant)).toEqual({ ledger: ['polls/0001_a'], columns: ['a.id', 'a.t'] });
  expect(await tenant.db.selectFrom('a').select('t').execute()).toEqual([{ t: 'x' }]);
  await applyMigrations(cluster.migrator, target, scope.migrations.slice(0, 3));
  expect(await stateOf(tenant)).toEqual(before);
});

test('a data migration in SQL and its reverse run in every schema they are applied to', async () => {
  const tenants = [
    await createMigratedTenant('polls/0002_upper'),
    await createMigratedTenant('polls/0002_upper'),
  ];
  for (const tenant of tenants) {
    expect(await tenant.db.selectFrom('a').select('t').execute()).toEqual([{ t: 'X' }]);
    await revertMigrations(cluster.migrator, tenantTarget(tenant.id), [
      migration('polls/0002_upper'),
    ]);
    expect(await tenant.db.selectFrom('a').select('t').execute()).toEqual([{ t: 'x' }]);
  }
});

test('a way back that fails leaves everything as it was, and names its statement', async () => {
  const tenant = await createMigratedTenant('polls/0003_c');
  const before = await stateOf(tenant);
  const [broken] = await compileTenantFiles({
    'polls/0002_upper.sql': 'update a set t = upper(t);\n-- down\nupdate a set t = 1 / 0;',
  });
  if (broken === undefined) throw new TypeError('one file makes one migration');
  await expect(
    revertMigrations(cluster.migrator, tenantTarget(tenant.id), [
      broken,
      migration('polls/0003_c'),
    ]),
  ).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    failure: {
      migration: 'polls/0002_upper',
      statement: 1,
      line: 3,
      sql: 'update a set t = 1 / 0',
    },
  });
  expect(await stateOf(tenant)).toEqual(before);
});

test('a migration stays while a later one of its module is applied, whoever asks', async () => {
  const tenant = await createMigratedTenant('polls/0003_c');
  const before = await stateOf(tenant);
  await expect(
    revertMigrations(cluster.migrator, tenantTarget(tenant.id), [migration('polls/0002_upper')]),
  ).rejects.toMatchObject({
    code: 'MIGRATION_CONFLICT',
    migration: 'polls/0002_upper',
    dependent: 'polls/0003_c',
  });
  expect(await stateOf(tenant)).toEqual(before);
});

test('one without a way back is refused before anything is taken back', async () => {
  const tenant = await createMigratedTenant('zz/0001_z');
  const before = await stateOf(tenant);
  const list = [migration('tags/0001_t'), migration('zz/0001_z')];
  await expect(
    revertMigrations(cluster.migrator, tenantTarget(tenant.id), list),
  ).rejects.toMatchObject({ code: 'MIGRATION_NOT_REVERSIBLE', migration: 'zz/0001_z' });
  expect(await stateOf(tenant)).toEqual(before);
});

test('workers at once take a migration back once', async () => {
  const tenant = await createMigratedTenant('polls/0003_c');
  const results = await Promise.all(
    Array.from({ length: 4 }, () =>
      revertMigrations(
        cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
        tenantTarget(tenant.id),
        [migration('polls/0003_c')],
      ),
    ),
  );
  expect(results.flatMap(({ reverted }) => reverted)).toEqual(['polls/0003_c']);
});

test('a schema without a ledger has nothing to take back', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  expect(
    await revertMigrations(cluster.migrator, tenantTarget(tenant.id), [migration('polls/0001_a')]),
  ).toEqual({ reverted: [], version: null });
});

test('a mark changes the ledger and nothing else, says so, and comes off again', async () => {
  const tenant = await createMigratedTenant('polls/0001_a');
  const target = tenantTarget(tenant.id);
  const { columns } = await stateOf(tenant);
  const second = migration('polls/0002_upper');
  expect(
    await markMigration(cluster.migrator, target, second, { as: 'applied', runId: 'run-1' }),
  ).toEqual({ version: 'polls/0002_upper' });
  expect(
    (await readLedger(cluster.migrator, target)).map(({ how, runId }) => [how, runId]),
  ).toEqual([
    ['applied', null],
    ['marked', 'run-1'],
  ]);
  expect((await applyMigrations(cluster.migrator, target, [second])).applied).toEqual([]);
  expect(await tenant.db.selectFrom('a').select('t').execute()).toEqual([{ t: 'x' }]);
  expect(await markMigration(cluster.migrator, target, second, { as: 'pending' })).toEqual({
    version: 'polls/0001_a',
  });
  expect(await stateOf(tenant)).toEqual({ ledger: ['polls/0001_a'], columns });
});

test("a mark on a schema without a ledger makes one, out of the tenant's sight", async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const first = migration('polls/0001_a');
  await markMigration(cluster.migrator, target, first, { as: 'applied', how: 'baseline' });
  expect(await readLedger(cluster.migrator, target)).toMatchObject([
    { id: first.id, how: 'baseline' },
  ]);
  await expect(tenant.db.selectFrom('tenantry_ledger').selectAll().execute()).rejects.toThrow(
    /permission denied/,
  );
});
