import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestProject, type TestProject } from '../../../../test/support/test-project.ts';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst } from '../testing/fake-system.ts';

const repository = join(import.meta.dirname, '../../../..');
const generated = 'packages/polls/src/generated';
const tenantFile = `${generated}/tenant-tables.gen.ts`;
const added = 'polls/0099_add_color.sql';

let project: TestProject;

beforeAll(async () => {
  project = await openTestProject();
  await types();
});
afterAll(async () => {
  await project.remove();
});

async function types(...flags: string[]) {
  return await runAgainst({ cwd: project.root }, ['types', ...flags]);
}

function read(file: string): string {
  return readFileSync(join(project.root, file), 'utf8');
}

test('written files are those of the repository and pass the check; the work is told on standard error only', async () => {
  const { exitCode, stdout, stderr } = await types('--check');

  for (const scope of ['tenant', 'shared', 'site']) {
    const file = `${generated}/${scope}-tables.gen.ts`;
    expect(read(file)).toBe(readFileSync(join(repository, file), 'utf8'));
  }
  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain(`${tenantFile}  unchanged`);
  expect(stderr).toBe('migrations compiled\nPostgreSQL started\nan empty tenant migrated\n');
});

test('a migration whose types were not written fails the check with file, line and both texts', async () => {
  const before = read(tenantFile);
  await project.writeMigration(added, 'alter table vote add column aaa_color text;');
  try {
    const { exitCode, stdout, stderr } = await types('--check', '--json');

    expect(exitCode).toBe(exitCodes.difference);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      files: [
        {
          path: tenantFile,
          status: 'outdated',
          line: expect.any(Number),
          expected: '    aaa_color: string | null;',
          found: '  };',
        },
        { status: 'unchanged' },
        { status: 'unchanged' },
      ],
    });
    expect(read(tenantFile)).toBe(before);
  } finally {
    await project.removeMigration(added);
  }
});

test('a file changed by hand fails the check, with what to do, and is restored by the command', async () => {
  const before = read(tenantFile);
  writeFileSync(join(project.root, tenantFile), before.replace('bigint', 'number'));

  const { exitCode, stdout, stderr } = await types('--check');
  expect(exitCode).toBe(exitCodes.difference);
  expect(stdout).toMatch(/tenant-tables\.gen\.ts +outdated +\d+ +\S.*bigint.*number/);
  expect(stderr).toContain('  do       tenantry types\n');
  expect((await types()).stdout).toContain(`${tenantFile}  written`);
  expect(read(tenantFile)).toBe(before);
});

test('a migration that PostgreSQL refuses is named with its line and SQLSTATE, and nothing is written', async () => {
  const before = read(tenantFile);
  await project.writeMigration(
    added,
    'alter table vote add column color text;\n\nalter table nowhere add x int;',
  );
  try {
    const { exitCode, stdout, stderr } = await types();

    expect(exitCode).toBe(exitCodes.failed);
    expect(stdout).toBe('');
    expect(stderr).toContain(`✕ MIGRATION_FAILED  PostgreSQL refused migration polls/0099_add_color.
  where    polls/0099_add_color, line 3
  why      SQLSTATE 42P01: relation "nowhere" does not exist
  do       correct the migration, then run tenantry types again
`);
    expect(read(tenantFile)).toBe(before);
  } finally {
    await project.removeMigration(added);
  }
});

test('a migration that cannot be read stops before a database is started', async () => {
  await project.writeMigration(added, 'alter tabel vote;');
  try {
    const { exitCode, stderr } = await types();

    expect(exitCode).toBe(exitCodes.failed);
    expect(stderr).toContain('✕ MIGRATION_INVALID ');
    expect(stderr).toContain('0099_add_color.sql:1: ');
    expect(stderr).not.toContain('PostgreSQL started');
  } finally {
    await project.removeMigration(added);
  }
});

test('outside of a project nothing is done', async () => {
  const { exitCode, stderr } = await runAgainst({ cwd: '/' }, 'types');

  expect(exitCode).toBe(exitCodes.failed);
  expect(stderr).toContain('✕ PROJECT_NOT_FOUND  There is no tenantry.config.ts from / upwards.');
});
