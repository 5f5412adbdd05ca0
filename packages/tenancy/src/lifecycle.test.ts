import { expect, test } from 'vitest';
import * as tenancy from './index.ts';
import {
  createTenantSteps,
  deleteTenantSteps,
  describeFailure,
  terminalErrorNames,
} from './index.ts';

test('a tenant is created in the order of its steps and becomes routable last', () => {
  expect(createTenantSteps.map((step) => step.name)).toEqual([
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
  expect(deleteTenantSteps.map((step) => step.name)).toEqual([
    'suspend',
    'drop',
    'delete-secret',
    'clear-cache',
    'finish-delete',
  ]);
});

test('every error that ends a workflow at once is the name of an error class', () => {
  const classes = Object.keys(tenancy);
  for (const name of terminalErrorNames) expect(classes).toContain(name);
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
