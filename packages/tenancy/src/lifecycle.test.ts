import { expect, test } from 'vitest';
import * as tenancy from './index.ts';
import {
  createTenantSteps,
  applicationRetry,
  deleteTenantSteps,
  describeFailure,
  stepsFor,
  terminalErrorNames,
} from './index.ts';

test('a tenant is created in the order of its steps and becomes routable last', () => {
  const names = stepsFor(createTenantSteps, 'schema').map(({ name }) => name);
  expect(names).toEqual([
    'reserve',
    'store-secret',
    'provision',
    'migrate',
    'seed',
    'verify',
    'activate',
  ]);
});

test('deletion takes the rights away before it drops anything and frees the name last', () => {
  expect(stepsFor(deleteTenantSteps, 'schema').map(({ name }) => name)).toEqual([
    'suspend',
    'drop',
    'delete-secret',
    'clear-cache',
    'finish-delete',
  ]);
});

test('a creation that fails takes back what it made, last first, and its place in the end', () => {
  const undone = createTenantSteps
    .flatMap((step) => ('undo' in step ? [`${step.undo.name} by ${step.undo.worker}`] : []))
    .toReversed();
  expect(undone).toEqual([
    'deactivate by registry',
    'drop by provisioner',
    'remove by launcher',
    'delete-secret by secrets',
    'release-place by provisioner',
  ]);
});

test('every error that ends a workflow at once is the name of an error class', () => {
  const classes = Object.keys(tenancy);
  for (const name of terminalErrorNames) expect(classes).toContain(name);
});

test('a dedicated tenant gets its cluster and application before its data, and loses them after it', () => {
  const made = createTenantSteps.map(({ name }) => name);
  expect(made.slice(0, 5)).toEqual([
    'reserve',
    'store-secret',
    'launch',
    'await-launch',
    'provision',
  ]);
  expect(stepsFor(createTenantSteps, 'dedicated')).toHaveLength(made.length);
  expect(deleteTenantSteps.map(({ name }) => name).slice(-3)).toEqual([
    'clear-cache',
    'remove',
    'finish-delete',
  ]);
});

test('the errors of a launch that is not over are classes, and waited for 45 minutes', () => {
  const { errorNames, intervalSeconds, maxAttempts, backoffRate, maxDelaySeconds } =
    applicationRetry;
  for (const name of errorNames) expect(Object.keys(tenancy)).toContain(name);
  const waits = Array.from({ length: maxAttempts }, (_, index) =>
    Math.min(intervalSeconds * backoffRate ** index, maxDelaySeconds),
  );
  expect(Math.round(waits.reduce((sum, wait) => sum + wait, 0) / 60)).toBe(45);
});

test("a function's error keeps its message and SQLSTATE in the catalog", () => {
  const cause = JSON.stringify({
    errorType: 'MigrationFailedError',
    errorMessage: 'failed (SQLSTATE 42703): no column',
    trace: [],
  });
  expect(describeFailure({ step: 'migrate', error: 'MigrationFailedError', cause })).toEqual({
    step: 'migrate',
    error: 'MigrationFailedError',
    sqlstate: '42703',
    message: 'failed (SQLSTATE 42703): no column',
  });
});

test('a time-out of the state machine itself is kept as it is said', () => {
  expect(
    describeFailure({ step: 'seed', error: 'States.Timeout', cause: 'took too long' }),
  ).toMatchObject({
    sqlstate: null,
    message: 'took too long',
  });
});
