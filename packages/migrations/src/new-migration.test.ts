import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileMigrations } from './compile-migrations.ts';
import { newMigration } from './new-migration.ts';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenantry-new-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function create(name: string, form: 'sql' | 'ts' = 'sql', module = 'polls') {
  const path = await newMigration({ root, scope: 'tenant', module, name, form });
  return path.slice(root.length + 1);
}

test('a new migration takes the next number of its module', async () => {
  expect(await create('initial')).toBe('tenant/polls/0001_initial.sql');
  expect(await create('add due-date', 'ts')).toBe('tenant/polls/0002_add_due_date.ts');
  expect(await create('initial', 'sql', 'accounts')).toBe('tenant/accounts/0001_initial.sql');
});

test('an SQL template becomes a migration with both directions as soon as it holds statements', async () => {
  const path = join(root, await create('initial'));
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replace('\n-- down\n', 'create table poll ();\n-- down\ndrop table poll;\n'),
  );
  const [migration] = (await compileMigrations({ roots: [root] })).scopes.tenant.migrations;
  expect(migration?.up.map(({ sql }) => sql)).toEqual(['create table poll ()']);
  expect(migration?.down?.map(({ sql }) => sql)).toEqual(['drop table poll']);
});

test('a TypeScript template becomes a migration as soon as it does something', async () => {
  const path = join(root, await create('initial', 'ts'));
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replaceAll('=> {\n}', "=> {\n  await db.schema.dropTable('poll').execute();\n}"),
  );
  const [migration] = (await compileMigrations({ roots: [root] })).scopes.tenant.migrations;
  expect(migration?.up.map(({ sql }) => sql)).toEqual(['drop table "poll"']);
  expect(migration?.down).toHaveLength(1);
});

test('two at once never write over each other', async () => {
  const results = await Promise.allSettled([create('same'), create('same')]);
  expect(results.map(({ status }) => status)).toContain('fulfilled');
  expect(await readdir(join(root, 'tenant/polls'))).not.toContain('0003_same.sql');
});

test.each([
  ['über', 'polls'],
  ['a/b', 'polls'],
  ['', 'polls'],
  ['a', '../etc'],
  ['a', 'Polls'],
])('a name or module that no migration can have is refused: %s %s', async (name, module) => {
  await expect(create(name, 'sql', module)).rejects.toMatchObject({ code: 'TENANT_INPUT_INVALID' });
  expect(await readdir(root)).toEqual([]);
});
