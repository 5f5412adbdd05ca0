import type { RunView } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { refuse, runAgainst, tenantView } from '../testing/fake-system.ts';

const started = { executionArn: 'arn:aws:states:r:0:execution:m:up-1', execution: 'up-1' };
const succeeded: RunView = {
  id: 'run1',
  status: 'succeeded',
  reason: 'operator',
  hash: 'abc',
  total: 3,
  migrated: 3,
  failed: 0,
  startedAt: '2026-11-21T08:11:00.000Z',
  endedAt: '2026-11-21T08:12:00.000Z',
  failures: [],
};
const failure = {
  slug: 'wonka',
  migration: 'polls/0002_votes',
  statement: 3,
  sqlstate: '23502',
  message: 'column "due_on" contains null values',
};

function answersWith(run: RunView | null) {
  return { 'migrate-up': () => started, 'show-run': () => ({ run }) };
}

test('migrate up without a selection never means all', async () => {
  const { exitCode, stderr, calls } = await runAgainst({}, 'migrate up');

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('✕ NO_TENANTS_SELECTED');
  expect(calls).toEqual([]);
});

test('migrate up with names and --all is refused', async () => {
  const { exitCode, calls } = await runAgainst({}, 'migrate up acme --all');

  expect(exitCode).toBe(exitCodes.usage);
  expect(calls).toEqual([]);
});

test('migrate up passes the selection on and answers with the run', async () => {
  const answers = answersWith(succeeded);
  const all = await runAgainst({ answers }, 'migrate up --all --json');
  const named = await runAgainst({ answers }, 'migrate up acme globex');

  expect(all.exitCode).toBe(exitCodes.ok);
  expect(all.calls[0]?.input).toEqual({ all: true, actor: 'operator@example.com' });
  expect(JSON.parse(all.stdout)).toEqual({ v: 1, run: succeeded });
  expect(all.stderr).toBe('');
  expect(named.calls[0]?.input).toEqual({
    references: ['acme', 'globex'],
    actor: 'operator@example.com',
  });
  expect(named.stdout).toBe('run1  succeeded: 3 migrated, 0 failed of 3\n');
});

test('a run with nothing to do says so', async () => {
  const { exitCode, stdout } = await runAgainst({ answers: answersWith(null) }, 'migrate up --all');

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toBe('Nothing is pending.\n');
});

test('some failed tenants end with 5, each with migration, statement and SQLSTATE', async () => {
  const run = {
    ...succeeded,
    status: 'failed' as const,
    migrated: 2,
    failed: 1,
    failures: [failure],
  };
  const { exitCode, stderr } = await runAgainst(
    { answers: answersWith(run), outcome: { status: 'FAILED', error: 'FleetRunFailed' } },
    ['migrate', 'up', '--all'],
  );

  expect(exitCode).toBe(exitCodes.someFailed);
  expect(stderr).toContain('✕ wonka  polls/0002_votes, statement 3');
  expect(stderr).toContain('SQLSTATE 23502  column "due_on" contains null values');
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('1 of 3 tenants failed: wonka');
});

test('all tenants failed ends with 1', async () => {
  const run = {
    ...succeeded,
    status: 'failed' as const,
    total: 1,
    migrated: 0,
    failed: 1,
    failures: [failure],
  };
  const { exitCode } = await runAgainst(
    { answers: answersWith(run), outcome: { status: 'FAILED', error: 'FleetRunFailed' } },
    ['migrate', 'up', 'wonka'],
  );

  expect(exitCode).toBe(exitCodes.failed);
});

test('a run whose workflow broke is told with the cause', async () => {
  const outcome = { status: 'FAILED', error: 'Sandbox.Timedout', cause: 'timed out' } as const;
  const { exitCode, stderr } = await runAgainst(
    { answers: answersWith(null), outcome },
    'migrate up --all --json',
  );

  expect(exitCode).toBe(exitCodes.failed);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'RUN_FAILED', why: 'Sandbox.Timedout: timed out' },
  });
});

test('an unknown tenant among the named ones is the one that is told', async () => {
  const answers = {
    'migrate-up': refuse({ code: 'TENANT_NOT_FOUND', message: 'No tenant "acmee".' }),
  };
  const { exitCode, stderr } = await runAgainst(
    { answers, tenants: [tenantView()] },
    'migrate up thor acmee',
  );

  expect(exitCode).toBe(exitCodes.notFound);
  expect(stderr).toContain('No tenant "acmee" in stage local. Did you mean acme?');
  expect(stderr).toContain('tenantry migrate up acme\n');
});

test('migrate status shows who is behind, and with --exit-code ends with 3', async () => {
  const status = {
    migrations: ['polls/0001_initial', 'polls/0002_votes'],
    tenants: [
      { slug: 'acme', status: 'active', version: 'polls/0002_votes', isCurrent: true },
      { slug: 'thor', status: 'active', version: null, isCurrent: false },
    ],
  };
  const answers = { 'migrate-status': () => status };
  const plain = await runAgainst({ answers }, 'migrate status');
  const json = await runAgainst({ answers }, 'migrate status --json --exit-code');

  expect(plain.exitCode).toBe(exitCodes.ok);
  expect(plain.stdout).toBe(`local · us-east-1 · 2 tenants, 1 behind

migrations  polls/0001_initial, polls/0002_votes

SLUG  STATUS  VERSION           IS CURRENT
acme  active  polls/0002_votes  yes
thor  active  –                 behind
`);
  expect(json.exitCode).toBe(exitCodes.difference);
  expect(JSON.parse(json.stdout)).toEqual({ v: 1, ...status });
});
