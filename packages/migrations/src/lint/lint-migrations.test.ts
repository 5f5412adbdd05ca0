import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { lintMigrations } from './lint-migrations.ts';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenantry-lint-test-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function lint(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return await lintMigrations({ roots: [root] });
}

/** The rules that speak about one tenant migration, with their lines. */
async function rulesFor(text: string, name = '0001_a.sql') {
  const risks = await lint({ [`tenant/polls/${name}`]: text });
  return risks.map(({ rule, line }) => `${rule}:${line}`);
}

const dangers: readonly [text: string, finding: string][] = [
  ['update poll set n = 1', 'data-change-without-batch:1'],
  ['delete from poll', 'data-change-without-batch:1'],
  ['alter table poll add column n int not null', 'not-null-without-default:1'],
  ['alter table poll add column n int;\n\nupdate poll set n = 1', 'lock-then-rewrite:3'],
  ['create index on poll (n)', 'require-concurrent-index-creation:1'],
  ['select 1;\nalter table poll alter column n type bigint', 'changing-column-type:2'],
  ['alter table poll rename column n to m', 'renaming-column:1'],
  ['alter table poll add foreign key (n) references author', 'adding-foreign-key-constraint:1'],
  ['alter table poll add constraint k check (n > 0)', 'constraint-missing-not-valid:1'],
  ['alter table poll add constraint k unique (n)', 'disallowed-unique-constraint:1'],
  ['alter table poll add column n uuid default gen_random_uuid()', 'adding-field-with-default:1'],
  [
    "create function f() returns int language sql security definer as 'select 1'",
    'security-definer-without-search-path:1',
  ],
  ["create function f() returns int language sql as 'select n from public.poll'", 'names-schema:1'],
  [
    "create function f() returns int language sql as 'select 1 from pg_notify(''a'', ''b'')'",
    'notify:1',
  ],
  ["select pg_notify('a', 'b')", 'notify:1'],
  ['select 1;\ntruncate poll', 'not-poolable:2'],
  ["select set_config('search_path', 'x', false)", 'sets-search-path:1'],
  [
    "alter type mood add value 'so';\ninsert into poll (mood) values ('so')",
    'new-enum-value-used:2',
  ],
];

const harmless: readonly [text: string][] = [
  [
    'create table poll (id bigint primary key, n int not null); create index on poll (n); update poll set n = 1',
  ],
  ['alter table poll add column n int'],
  ['alter table poll add column n int not null default 0'],
  ['alter table poll add constraint k check (n > 0) not valid'],
  ['insert into poll (n) values (1), (2)'],
  ["alter type mood add value 'so'"],
  ['-- tenantry: transaction off\ncreate index concurrently poll_n_idx on poll (n)'],
  [
    '-- tenantry: batch\nupdate poll set n = 1 where id in (select id from poll where n is null limit 1000)',
  ],
];

/** All of them in one run: each is the only migration of a module of its own. */
async function lintAll(texts: readonly string[]): Promise<(text: string) => string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-lint-all-'));
  for (const [index, text] of texts.entries()) {
    await mkdir(join(folder, `tenant/case${index}`), { recursive: true });
    await writeFile(join(folder, `tenant/case${index}/0001_a.sql`), text);
  }
  const risks = await lintMigrations({ roots: [folder] });
  await rm(folder, { recursive: true });
  return (text) =>
    risks
      .filter(({ migration }) => migration === `case${texts.indexOf(text)}/0001_a`)
      .map(({ rule, line }) => `${rule}:${line}`);
}

let rulesOf: (text: string) => string[];

beforeAll(async () => {
  rulesOf = await lintAll([...dangers.map(([text]) => text), ...harmless.map(([text]) => text)]);
});

test.each(dangers)('a danger is named with its rule and line: %s', (text, expected) => {
  expect(rulesOf(text)).toContain(expected);
});

test.each(harmless)('what is harmless is passed over: %s', (text) => {
  expect(rulesOf(text)).toEqual([]);
});

test.each([
  ['create index concurrently i on poll (n)', /CONCURRENTLY cannot run in the transaction/],
  ['create role x', /roles belong to the platform/],
  ['create extension x', /extension/],
  ['create table other.poll ()', /names schema "other"/],
  ['creat table poll ()', /syntax error/],
])(
  'what cannot be applied is an error, and the other files are linted all the same: %s',
  async (text, message) => {
    const risks = await lint({
      'tenant/polls/0001_a.sql': `select 1;\n${text}`,
      'tenant/polls/0002_b.sql': 'update poll set n = 1',
    });
    expect(risks).toEqual([
      expect.objectContaining({
        rule: 'invalid',
        severity: 'error',
        migration: 'polls/0001_a',
        line: 2,
        message: expect.stringMatching(message),
      }),
      expect.objectContaining({ rule: 'data-change-without-batch', severity: 'warning' }),
    ]);
  },
);

test('a file silences one rule with a reason, and no other', async () => {
  const text = `-- tenantry: allow data-change-without-batch because the table is small
alter table poll add column n int;
update poll set n = 1`;
  expect(await rulesFor(text)).toEqual(['lock-then-rewrite:3']);
});

test('a function that runs with the rights of its owner is warned about for shared tables only, and silenced by name', async () => {
  const text =
    "create function f() returns int language sql security definer set search_path from current as 'select 1'";
  expect(await rulesFor(text)).toEqual(['not-poolable:1']);
  const allowed = `-- tenantry: allow not-poolable because no tenant has isolation table\n${text}`;
  expect(await rulesFor(allowed)).toEqual([]);
});

test('what cannot be in shared tables is a warning that says what to do instead', async () => {
  const [risk] = await lint({ 'tenant/polls/0001_a.sql': 'truncate poll' });
  expect(risk).toMatchObject({
    rule: 'not-poolable',
    severity: 'warning',
    migration: 'polls/0001_a',
    message: expect.stringMatching(/isolation table.*TRUNCATE.*DELETE FROM/),
  });
});

test('only migrations of tenants are held against shared tables', async () => {
  expect(await lint({ 'site/pages/0001_a.sql': 'truncate page' })).toEqual([]);
});

test('a TypeScript migration that loads code of the application is warned about', async () => {
  await mkdir(join(root, 'lib'));
  await writeFile(join(root, 'lib/model.mjs'), 'export const table = "poll";');
  const model = join(root, 'lib/model.mjs');
  await mkdir(join(root, 'migrations/tenant/polls'), { recursive: true });
  await writeFile(
    join(root, 'migrations/tenant/polls/0001_a.ts'),
    `import type { Kysely } from 'kysely';
import { table } from '${model}';
export async function up(db: Kysely<any>) { await db.schema.createTable(table).execute(); }`,
  );
  const risks = await lintMigrations({ roots: [join(root, 'migrations')] });
  expect(risks).toEqual([
    expect.objectContaining({
      rule: 'loads-application-code',
      line: 2,
      message: expect.stringContaining(model),
    }),
  ]);
});

test("the platform's own catalog is left out", async () => {
  expect(await lint({ 'catalog/registry/0001_a.sql': 'update poll set n = 1' })).toEqual([]);
});

test.each([
  [{ '0001_a.sql': 'select 1', '0001_b.sql': 'select 1' }, /number 0001 is taken by 0001_a/],
  [{ '1_a.sql': 'select 1' }, /named like 0001_initial/],
  [{ '0001_a.sql': '-- tenantry: depends-on other/0001_gone\nselect 1' }, /other\/0001_gone/],
])('conflicts that only all files together show are errors: %j', async (files, message) => {
  const risks = await lint(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`tenant/polls/${name}`, text])),
  );
  expect(risks).toEqual([
    expect.objectContaining({ severity: 'error', message: expect.stringMatching(message) }),
  ]);
});
