import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { platformRoles, prepareCluster, type PlatformRole } from '@tenantry/database';
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
  tenantTarget,
  type CompiledMigration,
  type MigrationStatement,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster.close();
});

const files = {
  'polls/0001_a.sql': 'create table a (id int primary key, n int not null default 0);',
  'polls/0002_b.sql': 'create table b ();\ninsert into a select generate_series(1, 10);',
  'polls/0003_c.sql':
    '-- tenantry: batch\nupdate a set n = 1 where id in (select id from a where n = 0 limit 4);',
  'polls/0004_d.sql': 'alter table a add d int;\nalter table b add d int;',
};

function openMigrator(): AnyDb {
  return cluster.openAs('platform_migrator', 'password-of-platform_migrator');
}

async function newTenant(): Promise<TestTenant> {
  return await createTestTenant(cluster, { migrate: false });
}

/** Tables, columns and rows: what the migrations change. */
async function objectsOf(tenant: TestTenant): Promise<unknown> {
  const columns = await sql<{
    name: string;
  }>`select c.relname || '.' || coalesce(a.attname, '') as name
    from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = cast(${tenant.schema} as regnamespace) and c.relkind = 'r' and c.relname <> 'tenantry_ledger'
    order by 1`.execute(cluster.admin);
  const names = columns.rows.map(({ name }) => name);
  if (!names.includes('a.id')) return { names };
  return { names, rows: await tenant.db.selectFrom('a').selectAll().orderBy('id').execute() };
}

async function ledgerOf(tenant: TestTenant): Promise<string[]> {
  return (await readLedger(cluster.migrator, tenantTarget(tenant.id))).map(({ id }) => id);
}

async function countMigratorLocks(): Promise<bigint | undefined> {
  const locks = await sql<{ count: bigint }>`select count(*) as count from pg_locks l
    join pg_stat_activity a using (pid) where a.usename = 'platform_migrator'`.execute(
    cluster.admin,
  );
  return locks.rows[0]?.count;
}

test('with the version that a schema has, the statements of the later ones are all that is sent', async () => {
  const migrations = await compileTenantFiles(files);
  const tenant = await newTenant();
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, migrations.slice(0, 2));
  const { db, sent } = watch(openMigrator());
  await applyMigrations(db, target, migrations, { knownVersion: 'polls/0002_b' });
  expect(sent()[0]).not.toContain('create table');
  expect(sent()[0]).toContain('update a set');
});

test('a schema that misses more than its version says gets it all the same, and the next one of that version at once', async () => {
  const before = await compileTenantFiles(files);
  const migrations = await compileTenantFiles({
    ...files,
    'accounts/0001_new.sql': 'create table account ();',
  });
  const tenants = [await newTenant(), await newTenant()];
  const calls: number[] = [];
  for (const tenant of tenants) {
    const target = tenantTarget(tenant.id);
    await applyMigrations(cluster.migrator, target, before);
    const { db, sent } = watch(openMigrator());
    const knownVersion = 'polls/0004_d';
    expect(await applyMigrations(db, target, migrations, { knownVersion })).toEqual({
      applied: ['accounts/0001_new'],
      version: 'accounts/0001_new',
    });
    calls.push(sent().length);
  }
  expect(calls).toEqual([2, 1]);
});

test('whatever version a schema is said to have, it ends with every migration once', async () => {
  const migrations = await compileTenantFiles(files);
  for (const knownVersion of [null, 'polls/0001_a', 'polls/0004_d', 'other/0009_unknown']) {
    const tenant = await newTenant();
    const target = tenantTarget(tenant.id);
    await applyMigrations(cluster.migrator, target, migrations.slice(0, 1));
    await applyMigrations(cluster.migrator, target, migrations, { knownVersion });
    expect(await ledgerOf(tenant)).toEqual(migrations.map(({ id }) => id));
  }
});

test('a run leaves its id with what it applied, and schemas may stand at different versions', async () => {
  const migrations = await compileTenantFiles(files);
  const [behind, current] = [await newTenant(), await newTenant()];
  await applyMigrations(cluster.migrator, tenantTarget(behind.id), migrations.slice(0, 1), {
    runId: 'run-1',
  });
  await applyMigrations(cluster.migrator, tenantTarget(current.id), migrations, { runId: 'run-2' });
  const runs = async (tenant: TestTenant) =>
    (await readLedger(cluster.migrator, tenantTarget(tenant.id))).map(({ runId }) => runId);
  expect(await runs(behind)).toEqual(['run-1']);
  expect(await runs(current)).toEqual(['run-2', 'run-2', 'run-2', 'run-2']);
});

test('a table moves to another module by a rename: nothing is dropped, no row is lost, nothing runs twice', async () => {
  const before = await compileTenantFiles({
    'polls/0001_a.sql': 'create table poll ();',
    'polls/0002_tag.sql':
      "create table polls_tag (name text);\ninsert into polls_tag values ('red');",
  });
  const after = await compileTenantFiles({
    'polls/0001_a.sql': 'create table poll ();',
    'tags/0001_tag.sql': `-- tenantry: formerly polls/0002_tag
create table polls_tag (name text);
insert into polls_tag values ('red');`,
    'tags/0002_rename.sql': 'alter table polls_tag rename to tag;',
  });
  const [old, fresh] = [await newTenant(), await newTenant()];
  await applyMigrations(cluster.migrator, tenantTarget(old.id), before);
  await old.db.insertInto('polls_tag').values({ name: 'blue' }).execute();
  for (const knownVersion of ['polls/0002_tag', 'tags/0002_rename']) {
    const result = await applyMigrations(cluster.migrator, tenantTarget(old.id), after, {
      knownVersion,
    });
    expect(result.version).toBe('tags/0002_rename');
  }
  expect(await ledgerOf(old)).toEqual(['polls/0001_a', 'tags/0001_tag', 'tags/0002_rename']);
  expect(await old.db.selectFrom('tag').select('name').execute()).toEqual([
    { name: 'red' },
    { name: 'blue' },
  ]);
  await applyMigrations(cluster.migrator, tenantTarget(fresh.id), after);
  expect(await ledgerOf(fresh)).toEqual(await ledgerOf(old));
});

test('a moved migration that was changed on the way is drift', async () => {
  const before = await compileTenantFiles({ 'polls/0001_a.sql': 'create table a ();' });
  const after = await compileTenantFiles({
    'tags/0001_a.sql': '-- tenantry: formerly polls/0001_a\ncreate table a (id int);',
  });
  const tenant = await newTenant();
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), before);
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), after),
  ).rejects.toMatchObject({ code: 'MIGRATION_DRIFT', migration: 'tags/0001_a' });
});

test('what a migration puts off with a deferred constraint is checked at its end, and the next one may put off again', async () => {
  const seed = (name: string) => `create table ${name}_parent (id int primary key);
create table ${name}_child (parent_id int references ${name}_parent deferrable initially deferred);
insert into ${name}_child values (1);
insert into ${name}_parent values (1);`;
  const tenant = await newTenant();
  const good = await compileTenantFiles({
    'polls/0001_x.sql': seed('x'),
    'polls/0002_y.sql': `${seed('y')}\ninsert into x_child values (2);\ninsert into x_parent values (2);`,
    'polls/0003_z.sql': 'alter table x_child add z int;\nalter table y_child add z int;',
  });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), good);
  const bad = await compileTenantFiles({
    'polls/0004_bad.sql': 'insert into x_child values (3);',
    'polls/0005_next.sql': 'insert into x_parent values (3);',
  });
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), [...good, ...bad]),
  ).rejects.toMatchObject({ failure: { migration: 'polls/0004_bad', sqlstate: '23503' } });
});

test('killed before any statement of a set, a schema is at one of its versions with the objects of that version, and a second run completes it', async () => {
  const migrations = await compileTenantFiles(files);
  const expected = await objectsByVersion(migrations);
  const places = migrations.flatMap((migration, index) =>
    migration.up.map((_, statement) => ({ index, statement })),
  );
  for (const { index, statement } of places) {
    const tenant = await newTenant();
    const target = tenantTarget(tenant.id);
    await applyMigrations(cluster.migrator, target, migrations.slice(0, 1));
    const dying = migrations.map((migration, at) =>
      at === index ? { ...migration, up: withKill(migration.up, statement) } : migration,
    );
    if (index > 0) {
      await expect(applyMigrations(openMigrator(), target, dying)).rejects.toThrow(/terminat/i);
    }
    const ledger = await ledgerOf(tenant);
    expect(await objectsOf(tenant)).toEqual(expected[ledger.length]);
    await applyMigrations(cluster.migrator, target, migrations);
    expect(await objectsOf(tenant)).toEqual(expected.at(-1));
    expect(await ledgerOf(tenant)).toEqual(migrations.map(({ id }) => id));
  }
  expect(await countMigratorLocks()).toBe(0n);
});

test('two workers at the same 25 schemas at once apply every migration exactly once', async () => {
  const migrations = await compileTenantFiles({
    ...files,
    'polls/0005_count.sql': 'create table counter (n int);\ninsert into counter values (1);',
    'polls/0006_count.sql': 'insert into counter values (2);',
  });
  const tenants = await Promise.all(Array.from({ length: 25 }, newTenant));
  const work = async () => {
    const migrator = openMigrator();
    const applied: string[] = [];
    for (const tenant of tenants) {
      const result = await applyMigrations(migrator, tenantTarget(tenant.id), migrations);
      applied.push(...result.applied);
    }
    return applied;
  };
  const results = await Promise.all([work(), work()]);
  expect(results.flat()).toHaveLength(tenants.length * migrations.length);
  for (const tenant of tenants) {
    expect(await tenant.db.selectFrom('counter').select('n').execute()).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
    expect(await ledgerOf(tenant)).toEqual(migrations.map(({ id }) => id));
  }
  expect(await countMigratorLocks()).toBe(0n);
});

test('requests get through while a migration waits for a lock that somebody keeps', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': 'create table a (id int);',
    'polls/0002_b.sql': 'alter table a add b int;',
  });
  const tenant = await newTenant();
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, migrations.slice(0, 1));
  let applying: Promise<unknown> | undefined;
  await tenant.db.transaction().execute(async (keeper) => {
    await keeper.selectFrom('a').selectAll().execute();
    applying = applyMigrations(openMigrator(), target, migrations, { lockTimeoutMs: 150 });
    applying.catch(() => undefined);
    for (let request = 0; request < 5; request += 1) {
      await untilMigratorWaits();
      // Behind a migration without a limit this would wait for the keeper, and so for ever.
      await tenant.db.selectFrom('a').selectAll().execute();
    }
  });
  await applying;
  expect(await ledgerOf(tenant)).toEqual(['polls/0001_a', 'polls/0002_b']);
});

test('a lock that is never had is an error with its statement, and nothing is changed', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': 'create table a (id int);',
    'polls/0002_b.sql': 'create table b ();\nalter table a add b int;',
  });
  const tenant = await newTenant();
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, migrations.slice(0, 1));
  const before = await objectsOf(tenant);
  await tenant.db.transaction().execute(async (keeper) => {
    await keeper.selectFrom('a').selectAll().execute();
    await expect(
      applyMigrations(openMigrator(), target, migrations, { lockTimeoutMs: 20 }),
    ).rejects.toMatchObject({
      failure: { migration: 'polls/0002_b', statement: 2, sqlstate: '55P03' },
    });
  });
  expect(await objectsOf(tenant)).toEqual(before);
});

test('a migration that takes too long is ended', async () => {
  const migrations = await compileTenantFiles({ 'polls/0001_a.sql': 'select pg_sleep(600);' });
  const tenant = await newTenant();
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations, {
      statementTimeoutMs: 200,
    }),
  ).rejects.toThrow(/statement timeout/);
  expect(await ledgerOf(tenant)).toEqual([]);
});

test('a missing right is named, with what it is on and who lacks it', async () => {
  const creating = await compileTenantFiles({ 'polls/0001_a.sql': 'create table a ();' });
  const tenant = await newTenant();
  const target = tenantTarget(tenant.id);
  const { schema, owner } = tenant;
  await applyMigrations(cluster.migrator, target, []);
  const refusalOf = async (migrations: readonly CompiledMigration[]) =>
    await applyMigrations(cluster.migrator, target, migrations).then(
      () => undefined,
      (error: { failure?: { sqlstate: string; detail?: string } }) => error.failure,
    );
  await sql.raw(`revoke create on schema ${schema} from ${owner}`).execute(cluster.provisioner);
  expect(await refusalOf(creating)).toMatchObject({
    sqlstate: '42501',
    detail: `Role ${owner} has no right CREATE on schema ${schema}.`,
  });
  await sql.raw(`grant create on schema ${schema} to ${owner}`).execute(cluster.provisioner);
  const [base] = creating;
  const reading = { sql: 'create table b as select * from tenantry_ledger', line: 1, effects: [] };
  await sql
    .raw(
      `grant create on schema ${schema} to ${owner}; revoke select on ${schema}.tenantry_ledger from ${owner}`,
    )
    .execute(cluster.provisioner);
  expect(base && (await refusalOf([{ ...base, up: [reading] }]))).toMatchObject({
    sqlstate: '42501',
    detail: `Role ${owner} has no right SELECT on table tenantry_ledger.`,
  });
  await sql
    .raw(`grant select on ${schema}.tenantry_ledger to ${owner}`)
    .execute(cluster.provisioner);
  await sql.raw(`revoke ${owner} from platform_migrator`).execute(cluster.provisioner);
  expect(await refusalOf(creating)).toMatchObject({
    sqlstate: '42501',
    detail: `Role platform_migrator may not become ${owner}, it needs GRANT ${owner} TO platform_migrator.`,
  });
});

test('a tenant of an earlier installation gets its new columns and grants, and keeps its history', async () => {
  const migrations = await compileTenantFiles(files);
  const tenant = await newTenant();
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, migrations.slice(0, 2));
  await sql
    .raw(`alter table ${tenant.schema}.tenantry_ledger drop column run_id, drop column how`)
    .execute(cluster.provisioner);
  await sql.raw(`revoke ${tenant.owner} from platform_indexer`).execute(cluster.provisioner);
  const passwords = platformRoles.map((role) => [role, `password-of-${role}`]);
  await prepareCluster(cluster.admin, {
    database: cluster.postgres.database,
    passwords: Object.fromEntries(passwords) as Record<PlatformRole, string>,
  });
  expect((await readLedger(cluster.migrator, target)).map(({ how }) => how)).toEqual([
    'applied',
    'applied',
  ]);
  await applyMigrations(cluster.migrator, target, migrations);
  expect(await ledgerOf(tenant)).toEqual(migrations.map(({ id }) => id));
  const indexer = cluster.openAs('platform_indexer', 'password-of-platform_indexer');
  await sql.raw(`create index concurrently a_n on ${tenant.schema}.a (n)`).execute(indexer);
});

/** What the schema is like with none of the migrations, with the first, with the first two, ... */
async function objectsByVersion(migrations: readonly CompiledMigration[]): Promise<unknown[]> {
  const tenant = await newTenant();
  const states = [await objectsOf(tenant)];
  for (const migration of migrations) {
    await applyMigrations(cluster.migrator, tenantTarget(tenant.id), [migration]);
    states.push(await objectsOf(tenant));
  }
  return states;
}

function withKill(up: readonly MigrationStatement[], place: number): MigrationStatement[] {
  const kill = { sql: 'select pg_terminate_backend(pg_backend_pid())', line: null, effects: [] };
  return up.toSpliced(place, 0, kill);
}

/** The parameters of each call, as text. */
function watch(db: AnyDb): { db: AnyDb; sent: () => string[] } {
  const sent: string[] = [];
  const watched = db.withPlugin({
    transformQuery: ({ node }) => {
      sent.push(JSON.stringify(node));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { db: watched, sent: () => sent };
}

async function untilMigratorWaits(): Promise<void> {
  const waiting = sql<{ count: bigint }>`select count(*) as count from pg_locks l
    join pg_stat_activity a using (pid) where a.usename = 'platform_migrator' and not l.granted`;
  while ((await waiting.execute(cluster.admin)).rows[0]?.count === 0n) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
