import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreationView } from '@tenantry/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runAgainst } from '../testing/fake-system.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tenantry-cli-'));
  await writeFile(join(cwd, 'good.csv'), 'slug,plan\nacme,pro\nglobex,free\n');
  await writeFile(join(cwd, 'bad.csv'), 'slug,plan\nacme,pro,x\nNot A Slug,free\nacme,\nacme,\n');
});
afterAll(async () => await rm(cwd, { recursive: true }));

const view: CreationView = {
  id: 'bulk-1',
  status: 'succeeded',
  actor: 'operator',
  total: 2,
  created: 2,
  failed: 0,
  startedAt: '2026-11-21T08:11:00.000Z',
  endedAt: '2026-11-21T08:12:00.000Z',
  failures: [],
};

const started = {
  status: 'started',
  creation: 'bulk-1',
  executionArn: 'arn:aws:states:us-east-1:000000000000:execution:machine:bulk-1',
  total: 2,
  skipped: [],
} as const;

function answersOf(creation: CreationView) {
  return { 'create-tenants': () => started, 'show-creation': () => ({ creation }) };
}

const create = 'tenant create --from-file';

test('a file is sent whole, and the counts are the answer', async () => {
  const result = await runAgainst({ cwd, answers: answersOf(view) }, `${create} good.csv --yes`);
  expect(result.exitCode).toBe(0);
  expect(result.stdout).toContain('2 of 2 created, 0 failed, 0 skipped');
  expect(result.calls[0]).toMatchObject({
    action: 'create-tenants',
    input: {
      tenants: [
        { line: 2, slug: 'acme', fields: { plan: 'pro' }, migrate: true },
        { line: 3, slug: 'globex', fields: { plan: 'free' }, migrate: true },
      ],
      skipExisting: false,
    },
  });
});

test('every line that does not fit is named and nothing is asked of the system', async () => {
  const result = await runAgainst({ cwd }, `${create} bad.csv --yes`);
  expect(result.exitCode).toBe(2);
  for (const line of [2, 3, 5]) expect(result.stderr).toContain(`line ${line}  `);
  expect(result.stderr).not.toContain('line 4  ');
  expect(result.calls).toEqual([]);
});

test('slugs that exist end it with 7 and the flag that leaves them out', async () => {
  const problems = [{ line: 3, field: 'slug', reason: 'tenant "globex" exists', isTaken: true }];
  const answers = { 'create-tenants': () => ({ status: 'refused', problems }) as const };
  const result = await runAgainst({ cwd, answers }, `${create} good.csv --yes`);
  expect(result.exitCode).toBe(7);
  expect(result.stderr).toContain('line 3  slug: tenant "globex" exists');
  expect(result.stderr).toContain('--skip-existing');
});

test('tenants that failed are named with line, step and SQLSTATE, and end it with 5', async () => {
  const failure = {
    step: 'migrate',
    error: 'MigrationFailedError',
    sqlstate: '42P01',
    message: 'no table',
  };
  const failed: CreationView = {
    ...view,
    status: 'failed',
    created: 1,
    failed: 1,
    failures: [{ line: 3, slug: 'globex', ...failure }],
  };
  const options = { cwd, answers: answersOf(failed), outcome: { status: 'FAILED' } as const };
  const result = await runAgainst(options, `${create} good.csv --yes`);
  expect(result.exitCode).toBe(5);
  expect(result.stderr).toContain('line 3  globex: step migrate (SQLSTATE 42P01): no table');
  const json = await runAgainst(options, `${create} good.csv --yes --json`);
  expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, creation: { failed: 1 }, skipped: [] });
});

test('a creation that was interrupted says that the same command goes on', async () => {
  const open: CreationView = { ...view, status: 'running', created: 1 };
  const options = { cwd, answers: answersOf(open), outcome: { status: 'ABORTED' } as const };
  const result = await runAgainst(options, `${create} good.csv --yes`);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('1 of 2 created');
  expect(result.stderr).toContain('tenantry tenant create --from-file good.csv --yes');
});

test.each([
  [`${create} good.csv`, 4],
  [`${create} missing.csv --yes`, 2],
  [`tenant create acme --from-file good.csv --yes`, 2],
  [`${create} good.csv --name ACME --yes`, 2],
  [`${create} good.csv --no-provision --yes`, 2],
])('%s ends with %i before anything is called', async (commandLine, exitCode) => {
  const result = await runAgainst({ cwd }, commandLine);
  expect([result.exitCode, result.calls]).toEqual([exitCode, []]);
});
