import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileMigrations, lastMigration } from './index.ts';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenantry-migrations-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function compile(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return await compileMigrations({ roots: [root] });
}

const invalid = (reason: RegExp, line?: number) =>
  expect.objectContaining({
    code: 'MIGRATION_INVALID',
    message: expect.stringMatching(reason),
    ...(line && { line }),
  });

test('statements are cut by the grammar, not at semicolons, and know their lines', async () => {
  const compiled = await compile({
    'tenant/polls/0001_initial.sql': `-- first; not a statement
create table a (t text default ';');

/* two
   lines */ create function f() returns text language sql as $$ select 'x;y'; $$;
-- down
drop function f;
drop table a;`,
  });
  const [migration] = compiled.scopes.tenant.migrations;
  expect(migration?.up).toEqual([
    expect.objectContaining({ sql: "create table a (t text default ';')", line: 2 }),
    expect.objectContaining({
      sql: "create function f() returns text language sql as $$ select 'x;y'; $$",
      line: 5,
    }),
  ]);
  expect(migration?.down).toEqual([
    expect.objectContaining({ sql: 'drop function f', line: 7 }),
    expect.objectContaining({ sql: 'drop table a', line: 8 }),
  ]);
});

test('lines and cuts are right behind letters of several bytes', async () => {
  const compiled = await compile({
    'tenant/polls/0001_a.sql': "create table a (t text default 'zäöü 🙂');\ncreate table b ();",
  });
  expect(compiled.scopes.tenant.migrations[0]?.up).toEqual([
    expect.objectContaining({ sql: "create table a (t text default 'zäöü 🙂')", line: 1 }),
    expect.objectContaining({ sql: 'create table b ()', line: 2 }),
  ]);
});

test('a TypeScript migration becomes the SQL it would have run, values included', async () => {
  const compiled = await compile({
    'tenant/polls/0001_a.ts': `export async function up(db) {
      await db.schema.createTable('a').addColumn('t', 'text').execute();
      await db.insertInto('a').values([{ t: "it's $1 \\\\ " }, { t: null }]).execute();
    }
    export async function down(db) { await db.schema.dropTable('a').execute(); }`,
  });
  const [migration] = compiled.scopes.tenant.migrations;
  expect(migration?.up.map(({ sql }) => sql)).toEqual([
    'create table "a" ("t" text)',
    `insert into "a" ("t") values ( E'it''s $1 \\\\ '), (null)`,
  ]);
  expect(migration?.down?.map(({ sql }) => sql)).toEqual(['drop table "a"']);
});

test('two compilations of the same files are the same; a comment changes nothing, a statement everything', async () => {
  const one = await compile({ 'tenant/polls/0001_a.sql': 'create table a ();' });
  expect(await compile({})).toEqual(one);
  expect(
    (await compile({ 'tenant/polls/0001_a.sql': '-- why\n\ncreate table a ();\n' })).hash,
  ).toBe(one.hash);
  expect((await compile({ 'tenant/polls/0001_a.sql': 'create table b ();' })).hash).not.toBe(
    one.hash,
  );
});

test('modules are applied in alphabetical order, their migrations by number', async () => {
  const compiled = await compile({
    'tenant/polls/0002_b.sql': 'create table b ();',
    'tenant/polls/0001_a.sql': 'create table a ();',
    'tenant/accounts/0001_z.sql': 'create table z ();',
  });
  expect(compiled.scopes.tenant.migrations.map(({ id }) => id)).toEqual([
    'accounts/0001_z',
    'polls/0001_a',
    'polls/0002_b',
  ]);
  expect(lastMigration(compiled.scopes.tenant)).toBe('polls/0002_b');
});

test('two files with one number in a module stop everything and name each other', async () => {
  await expect(
    compile({ 'tenant/polls/0001_a.sql': 'select 1', 'tenant/polls/0001_b.sql': 'select 1' }),
  ).rejects.toEqual(invalid(/0001_b\.sql: number 0001 is taken by 0001_a/));
});

test('a syntax error names file and line', async () => {
  await expect(
    compile({ 'tenant/polls/0001_a.sql': 'create table a ();\n\ncreate tabel b ();' }),
  ).rejects.toEqual(invalid(/0001_a\.sql:3: syntax error at or near "tabel"/, 3));
});

test.each([
  ['create table other.a ()', /names schema "other"/],
  ['insert into t_x.poll values (1)', /names schema "t_x"/],
  ['set search_path = x', /changes a setting/],
  ['create role x', /roles belong to the platform/],
  ['grant x to y', /roles belong to the platform/],
  ['alter table a owner to x', /changes an owner/],
  ['create extension x', /extension/],
  ['grant select on a to x', /default privileges/],
  ['do $$ begin end $$', /anonymous block/],
  ['begin', /transaction/],
  ['create index concurrently i on a (b)', /CONCURRENTLY/],
  ["copy a from program 'x'", /copies/],
  ['notify x', /notifies/],
  ['create schema x', /one schema/],
])('a tenant migration may not hold: %s', async (statement, reason) => {
  await expect(compile({ 'tenant/polls/0001_a.sql': `select 1;\n${statement};` })).rejects.toEqual(
    invalid(reason, 2),
  );
});

test.each([
  ['tenant/polls/1_a.sql', 'select 1', /named like 0001_initial\.sql/],
  ['tenant/polls/0001_a.txt', 'select 1', /named like/],
  ['tenant/Polls/0001_a.sql', 'select 1', /a module is named/],
  ['tenants/polls/0001_a.sql', 'select 1', /is no scope/],
  ['tenant/polls/0001_a.sql', '-- nothing', /holds no statement/],
  [
    'tenant/polls/0001_a.sql',
    '-- tenantry: transactions off\nselect 1',
    /option "transactions off" is not known; there are: transaction off; batch; depends-on/,
  ],
  ['tenant/polls/0001_a.ts', 'export const reads = true', /exports no function "up"/],
  ['tenant/polls/0001_a.ts', 'export const dependOn = "x/0001_a"', /exports "dependOn"; known are/],
  ['tenant/polls/0001_a.ts', 'export async function up() {}', /executes no statement/],
  [
    'tenant/polls/0001_a.ts',
    "export async function up(db) { await db.selectFrom('a').selectAll().execute(); }",
    /cannot read/,
  ],
  [
    'tenant/polls/0001_a.ts',
    "export async function up(db) { await db.schema.createTable('x.a').execute(); }",
    /names schema "x"/,
  ],
])('a file that cannot be used is refused: %s %s', async (path, text, reason) => {
  await expect(compile({ [path]: text })).rejects.toEqual(invalid(reason));
});
