import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst } from '../testing/fake-system.ts';

function newProject(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'tenantry.config.ts'),
    `export default { migrations: ['migrations'], types: 'types' };`,
  );
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const initial = {
  'migrations/tenant/shop/0001_initial.sql': 'create table item (id int primary key);\n',
};

test('migrate new takes the next number of the only module, and --ts and --scope are obeyed', async () => {
  const cwd = newProject(initial);
  const sql = await runAgainst({ cwd }, ['migrate', 'new', 'add tags']);
  const ts = await runAgainst({ cwd }, 'migrate new load --ts --scope shared --module geo --json');

  expect(sql.exitCode).toBe(exitCodes.ok);
  expect(sql.stdout).toBe('migrations/tenant/shop/0002_add_tags.sql\n');
  expect(readFileSync(join(cwd, sql.stdout.trim()), 'utf8')).toContain('-- down');
  expect(JSON.parse(ts.stdout)).toEqual({ v: 1, file: 'migrations/shared/geo/0001_load.ts' });
});

test('migrate new wants a module where there are several, and a name that a file can have', async () => {
  const cwd = newProject({ ...initial, 'migrations/tenant/stock/0001_initial.sql': 'select 1;\n' });
  const unclear = await runAgainst({ cwd }, 'migrate new tags');
  const unnamed = await runAgainst({ cwd }, ['migrate', 'new', '../../etc', '--module', 'shop']);

  expect(unclear.exitCode).toBe(exitCodes.usage);
  expect(unclear.stderr).toContain('tenantry migrate new tags --module stock');
  expect(unnamed.exitCode).toBe(exitCodes.usage);
  expect(unnamed.stderr).toContain('TENANT_INPUT_INVALID');
});

test('migrate lint names file, line and what to do instead, and ends with 3', async () => {
  const cwd = newProject({
    ...initial,
    'migrations/tenant/shop/0002_fill.sql':
      'alter table item add column price int;\n\nupdate item set price = 1;\n',
  });
  const { exitCode, stdout } = await runAgainst({ cwd }, 'migrate lint -o ndjson');
  const risks = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; line: number; advice: string });

  expect(exitCode).toBe(exitCodes.difference);
  expect(risks).toContainEqual(
    expect.objectContaining({ file: expect.stringContaining('0002_fill.sql'), line: 3 }),
  );
});

test('a project whose files are harmless passes the lint', async () => {
  const { exitCode, stdout } = await runAgainst({ cwd: newProject(initial) }, 'migrate lint');

  expect(stdout).toBe('Nothing to say against them.\n');
  expect(exitCode).toBe(exitCodes.ok);
});
