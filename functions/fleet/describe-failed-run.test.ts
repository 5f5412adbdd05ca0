import { expect, test } from 'vitest';
import type { RunView } from '@tenantry/tenancy';
import { describeFailedRun } from './describe-failed-run.ts';

const run: RunView = {
  id: 'run_1',
  status: 'failed',
  reason: 'deploy',
  actor: 'deploy',
  hash: 'h',
  change: { kind: 'up' },
  pace: {},
  retryOf: null,
  total: 12,
  migrated: 3,
  failed: 1,
  skipped: 0,
  working: 0,
  waves: [],
  leftOut: [],
  startAt: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  failures: [
    {
      slug: 'acme',
      migration: 'polls/0002_accounts',
      statement: 3,
      line: 7,
      sql: 'alter table poll add column x int',
      sqlstate: '42701',
      message: 'column "x" exists',
      detail: null,
      hint: null,
    },
  ],
};
const execution = { name: 'deploy-1', error: 'FleetRunFailed', cause: 'not all' };

test('a failed deploy names run, tenant, migration, statement and SQLSTATE', () => {
  expect(describeFailedRun({ execution, isOpen: false, run })).toBe(
    'run run_1: 1 of 12 tenants failed, 3 migrated. acme: polls/0002_accounts, statement 3, SQLSTATE 42701: column "x" exists',
  );
});

test.each([
  ['running', 'run_1 takes longer than a deploy may, 3 of 12 tenants so far'],
  ['paused', 'run_1 is paused, 3 of 12 tenants so far'],
] as const)('a deploy that gives up on a run that is %s says that it goes on', (status, text) => {
  const message = describeFailedRun({ execution, isOpen: true, run: { ...run, status } });
  expect(message).toContain(text);
  expect(message).toContain('the next deploy joins it');
});

test('a deploy whose run was cancelled says so', () => {
  const cancelled = { ...run, status: 'cancelled' } as const;
  expect(describeFailedRun({ execution, isOpen: false, run: cancelled })).toBe(
    'run run_1 was cancelled, 3 of 12 tenants migrated',
  );
});

test('a deploy that stopped at no tenant of its own says at which step and why', () => {
  const failure = {
    step: 'start-run',
    error: 'MigrationFailedError',
    sqlstate: '42P07',
    message: 'Migration base/0001_initial, statement 1, failed in shared (SQLSTATE 42P07): exists',
  };
  const stopped = { ...run, failed: 0, failures: [], failure };
  expect(describeFailedRun({ execution, isOpen: false, run: stopped })).toBe(
    `run run_1 stopped at start-run: ${failure.message}`,
  );
});

test('an execution that failed before it had a run is told with its own error', () => {
  expect(describeFailedRun({ execution, isOpen: false })).toBe(
    'execution deploy-1 of migrate-fleet failed: FleetRunFailed not all',
  );
});
