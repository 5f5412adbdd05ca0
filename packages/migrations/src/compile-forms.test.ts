import { expect, test } from 'vitest';
import { concurrentSql } from './index.ts';
import { compileFiles, compileTenantFiles } from './test-files.ts';

const invalid = (reason: RegExp, line?: number) =>
  expect.objectContaining({
    code: 'MIGRATION_INVALID',
    message: expect.stringMatching(reason),
    ...(line !== undefined && { line }),
  });

test('an index that is built concurrently has a plain text and one with a place for the schema', async () => {
  const [migration] = await compileTenantFiles({
    'polls/0001_a.sql': `-- tenantry: transaction off
create unique index concurrently if not exists "größe" on only poll (lower(question)) where open;
drop index concurrently if exists poll_old;
-- down
drop index concurrently "größe";`,
  });
  expect(migration?.form).toBe('concurrent');
  expect(migration?.up.map(({ sql }) => sql)).toEqual([
    'create unique index if not exists "größe" on only poll (lower(question)) where open',
    'drop index if exists poll_old',
  ]);
  expect(
    [...(migration?.up ?? []), ...(migration?.down ?? [])].map(
      ({ concurrent }) => concurrent && concurrentSql(concurrent, 't_x'),
    ),
  ).toEqual([
    'create unique index concurrently if not exists "größe" on only "t_x".poll (lower(question)) where open',
    'drop index concurrently if exists "t_x".poll_old',
    'drop index concurrently "t_x"."größe"',
  ]);
  expect(migration?.up.map(({ concurrent }) => [concurrent?.index, concurrent?.table])).toEqual([
    ['größe', 'poll'],
    ['poll_old', null],
  ]);
});

test.each([
  ['create index concurrently on poll (id)', /with a name for the index/],
  ['create index i on poll (id)', /holds CREATE INDEX CONCURRENTLY/],
  ['create table t ()', /holds CREATE INDEX CONCURRENTLY/],
  ['reindex table concurrently poll', /holds CREATE INDEX CONCURRENTLY/],
  ['create index concurrently i on other.poll (id)', /names schema "other"/],
])('outside of transactions a migration may not: %s', async (statement, reason) => {
  await expect(
    compileTenantFiles({ 'polls/0001_a.sql': `-- tenantry: transaction off\n${statement};` }),
  ).rejects.toEqual(invalid(reason, 2));
});

test.each([
  'update poll set question = lower(question)',
  'delete from poll',
  'insert into poll (question) select question from old_poll',
  'create table t ()',
  'select 1 limit 1',
])('a batch whose rounds have no limit is refused, with how to write it: %s', async (statement) => {
  await expect(
    compileTenantFiles({ 'polls/0001_a.sql': `-- tenantry: batch\n\n${statement};` }),
  ).rejects.toEqual(invalid(/limited number of the rows .* limit 1000/, 3));
});

test('a batch knows what each statement changes', async () => {
  const [migration] = await compileTenantFiles({
    'polls/0001_a.sql': `-- tenantry: batch
update poll set n = 1 where id in (select id from poll where n is null limit 10);
delete from vote where id in (select id from vote where gone limit 10);
insert into log (id) select id from poll p where not exists (select from log where id = p.id) limit 10;`,
  });
  expect(migration?.form).toBe('batch');
  expect(migration?.up.map(({ batch }) => batch)).toEqual([
    { command: 'update', table: 'poll' },
    { command: 'delete', table: 'vote' },
    { command: 'insert', table: 'log' },
  ]);
});

test.each([
  ['-- tenantry: depends on x/0001_a\nselect 1', /option "depends on x\/0001_a" is not known/, 1],
  ['-- tenantry: depends-on x\nselect 1', /"x" is no migration's id/, 1],
  ['-- tenantry: formerly X/0001_a\nselect 1', /"X\/0001_a" is no migration's id/, 1],
  ['-- tenantry: allow add-column\nselect 1', /option "allow add-column" is not known/, 1],
  ['select 1;\n-- tenantry: batch', /options stand before the first statement/, 2],
  ['-- tenantry: batch\n-- tenantry: transaction off\nselect 1', /has one of/, undefined],
  [
    '-- tenantry: depends-on x/0001_a\nselect 1',
    /depends on x\/0001_a, and there is no such/,
    undefined,
  ],
])('an option that is not understood stops everything: %j', async (text, reason, line) => {
  await expect(compileTenantFiles({ 'polls/0001_a.sql': text })).rejects.toEqual(
    invalid(reason, line),
  );
});

test('the catalog, which the deployment itself prepares, takes no index outside of a transaction', async () => {
  await expect(
    compileFiles({
      'catalog/registry/0001_a.sql':
        '-- tenantry: transaction off\ncreate index concurrently i on a (id);',
    }),
  ).rejects.toEqual(invalid(/the catalog is migrated in transactions only/));
});

test('a reason to silence the linter is no option of the engine', async () => {
  const [migration] = await compileTenantFiles({
    'polls/0001_a.sql': '-- tenantry: allow adding-not-null because it is empty\nselect 1',
  });
  expect(migration?.form).toBe('transaction');
});

test('what a migration depends on comes before it, and nothing else changes places', async () => {
  const migrations = await compileTenantFiles({
    'accounts/0001_a.sql': 'select 1',
    'accounts/0002_b.sql': '-- tenantry: depends-on polls/0002_y, tags/0001_t\nselect 1',
    'polls/0001_x.sql': 'select 1',
    'polls/0002_y.sql': 'select 1',
    'polls/0003_z.ts': `export const dependsOn = ['accounts/0002_b'];
      export async function up(db) { await db.schema.createTable('z').execute(); }`,
    'tags/0001_t.sql': 'select 1',
  });
  expect(migrations.map(({ id }) => id)).toEqual([
    'accounts/0001_a',
    'polls/0001_x',
    'polls/0002_y',
    'tags/0001_t',
    'accounts/0002_b',
    'polls/0003_z',
  ]);
});

test('a circle of dependencies is shown file by file', async () => {
  await expect(
    compileTenantFiles({
      'a/0001_a.sql': '-- tenantry: depends-on b/0002_b\nselect 1',
      'b/0001_b.sql': '-- tenantry: depends-on a/0001_a\nselect 1',
      'b/0002_b.sql': 'select 1',
    }),
  ).rejects.toEqual(
    invalid(
      /tenant\/a\/0001_a\.sql needs tenant\/b\/0002_b\.sql needs tenant\/b\/0001_b\.sql needs tenant\/a\/0001_a\.sql/,
    ),
  );
});

test('a former id that is still there, or that two files claim, is refused', async () => {
  const moved = '-- tenantry: formerly polls/0001_a\nselect 1';
  await expect(
    compileTenantFiles({ 'polls/0001_a.sql': 'select 1', 'tags/0001_a.sql': moved }),
  ).rejects.toEqual(invalid(/formerly polls\/0001_a, which tenant\/polls\/0001_a\.sql/));
  await expect(
    compileTenantFiles({ 'labels/0001_a.sql': moved, 'tags/0001_a.sql': moved }),
  ).rejects.toEqual(invalid(/formerly polls\/0001_a, which tenant\/labels\/0001_a\.sql/));
});

test('moving a file to another module does not change its checksum', async () => {
  const text = 'create table tag (id int);';
  const [before] = await compileTenantFiles({ 'polls/0001_tag.sql': text });
  const [after] = await compileTenantFiles({
    'tags/0001_tag.sql': `-- tenantry: formerly polls/0001_tag\n${text}`,
  });
  expect(after).toMatchObject({ checksum: before?.checksum, formerly: ['polls/0001_tag'] });
});

test('a program keeps its source, without types, and records no statement', async () => {
  const compiled = await compileFiles({
    'tenant/polls/0001_a.ts': `import type { MigrationFunction } from '@tenantry/migrations';
export const reads = true;
export const up: MigrationFunction = async (db) => {
  const polls = await db.selectFrom('poll').selectAll().execute();
  for (const poll of polls) await db.deleteFrom('poll').where('id', '=', poll['id'] as number).execute();
};`,
  });
  const [migration] = compiled.scopes.tenant.migrations;
  expect(migration).toMatchObject({ form: 'program', up: [], down: null });
  expect(migration?.program).toContain('deleteFrom');
  expect(migration?.program).not.toContain('MigrationFunction');
  expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled);
});

test.each([
  "import { sql } from 'kysely';",
  "import * as polls from '@tenantry/polls';",
  "import 'node:fs';",
  "export { up } from './other.ts';",
  "const fs = await import('node:fs');",
])('a program that needs other code than its own is refused: %s', async (line) => {
  const text = `${line}\nexport const reads = true;\nexport async function up2() {}`;
  await expect(
    compileTenantFiles({
      'polls/0001_a.ts': text.replace('up2', line.includes('{ up }') ? 'down' : 'up'),
    }),
  ).rejects.toEqual(invalid(/may import types only|cannot be loaded/));
});
