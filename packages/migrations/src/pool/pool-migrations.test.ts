import { MigrationNotPoolableError } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { concurrentSql } from '../concurrent-index.ts';
import { compileFiles, compileTenantFiles } from '../test-files.ts';
import { pooledMigrations } from './pooled-migrations.ts';

test('statements of a pooled migration say what they lock, where they stand, and the file is the same one', async () => {
  const [plain] = await compileTenantFiles({
    'polls/0001_a.sql':
      'select 1;\nalter table t add constraint k foreign key (a) references u;\ncreate table w ();',
  });
  const [pooled] = pooledMigrations(plain === undefined ? [] : [plain]);
  expect(pooled).toMatchObject({ id: 'polls/0001_a', checksum: plain?.checksum });
  const shared = { lock: 'SHARE ROW EXCLUSIVE' };
  expect(pooled?.up).toMatchObject([
    { line: 1, sql: 'select 1', isPerTenant: true },
    {
      line: 2,
      effects: [
        { ...shared, table: 't' },
        { ...shared, table: 'u' },
      ],
    },
    { line: 3 },
    { line: 3, sql: expect.stringMatching(/^alter table/), effects: [{ table: 'w' }] },
    { line: 3, sql: expect.stringMatching(/^create policy/) },
    { line: 3, sql: expect.stringMatching(/^create policy/) },
  ]);
  expect(pooled?.up[1]).not.toHaveProperty('isPerTenant');
});

test('an index that is built while requests go on is pooled in both its texts', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': `-- tenantry: transaction off
create unique index concurrently i on "T" (lower(a)) where a > '';
-- down
drop index concurrently i;`,
  });
  const [pooled] = pooledMigrations(migrations);
  const [index] = pooled?.up ?? [];
  expect(pooled?.form).toBe('concurrent');
  expect(index?.sql).toBe(`create unique index i on "T" (tenant, lower(a)) where a > ''`);
  expect(index?.concurrent && concurrentSql(index.concurrent, 'p_main')).toBe(
    `create unique index concurrently i on "p_main"."T" (tenant, lower(a)) where a > ''`,
  );
  expect(pooled?.down).toEqual(migrations[0]?.down);
});

test('a batch is repeated for each tenant', async () => {
  const text = 'update t set a = 1 where id in (select id from t where a is null limit 10)';
  const [pooled] = pooledMigrations(
    await compileTenantFiles({ 'polls/0001_a.sql': `-- tenantry: batch\n${text};` }),
  );
  expect(pooled?.up).toMatchObject([
    { sql: text, isPerTenant: true, batch: { command: 'update', table: 't' } },
  ]);
});

test('a migration that reads holds no statements to pool; what TypeScript records does', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.ts': `export async function up(db) { await db.schema.createTable('t').addColumn('id', 'integer', (c) => c.primaryKey()).execute();
      await db.insertInto('t').values({ id: 1 }).onConflict((c) => c.column('id').doNothing()).execute(); }`,
    'polls/0002_b.ts': `export const reads = true;
export async function up() {}`,
  });
  const [recorded, program] = pooledMigrations(migrations);
  expect(recorded?.up[0]?.sql).toBe(
    'create table "t" ("id" integer, constraint "t_pkey" primary key (tenant, "id"), tenant name not null default current_user, tenantry_deleted boolean)',
  );
  expect(recorded?.up.at(-1)).toMatchObject({
    sql: 'insert into "t" ("id") values (1) on conflict (tenant, "id") do nothing',
    isPerTenant: true,
  });
  expect(program).toMatchObject({ form: 'program', up: [], down: null });
});

test('a migration that shared tables cannot have stops no build, and no other isolation', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': 'create table t ();',
    'polls/0002_b.sql': 'select 1;\n\ntruncate t;',
  });
  expect(migrations[1]).toMatchObject({
    up: [{ sql: 'select 1' }, { sql: 'truncate t' }],
    pooled: { refusal: expect.stringContaining('TRUNCATE'), line: 3 },
  });
  expect(() => pooledMigrations(migrations)).toThrow(MigrationNotPoolableError);
  expect(() => pooledMigrations(migrations)).toThrow(
    expect.objectContaining({
      migration: 'polls/0002_b',
      line: 3,
      message: expect.stringContaining('tenant/polls/0002_b.sql:3'),
    }),
  );
  expect(pooledMigrations(migrations.slice(0, 1))).toHaveLength(1);
});

test('a way back that shared tables cannot go is refused with its line', async () => {
  const [migration] = await compileTenantFiles({
    'polls/0001_a.sql': 'insert into t (a) values (1);\n-- down\ntruncate t;',
  });
  expect(migration?.pooled).toMatchObject({ line: 3 });
});

test('names are known from earlier migrations of all modules, and what a way back would undo is still there', async () => {
  const [, , later] = pooledMigrations(
    await compileTenantFiles({
      'a/0001_a.sql': 'create table t (a int unique);\n-- down\ndrop table t;',
      'b/0001_b.sql': 'create table u (a int unique);',
      'b/0002_c.sql':
        'alter table t add unique (a);\n-- down\nalter table t drop constraint t_a_key1;',
    }),
  );
  expect(later?.up[0]?.sql).toBe('alter table t add constraint "t_a_key1" unique (tenant, a)');
});

test('the same set gives the same pooled set, so that what is cached for it is found', async () => {
  const migrations = await compileTenantFiles({ 'polls/0001_a.sql': 'create table t ();' });
  expect(pooledMigrations(migrations)).toBe(pooledMigrations(migrations));
});

test('only migrations of tenants have a form for shared tables', async () => {
  const { scopes } = await compileFiles({ 'site/pages/0001_a.sql': 'create table page ();' });
  expect(scopes.site.migrations[0]).not.toHaveProperty('pooled');
  expect(() => pooledMigrations(scopes.site.migrations)).toThrow(TypeError);
});
