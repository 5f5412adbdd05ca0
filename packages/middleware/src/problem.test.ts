import { expect, test } from 'vitest';
import {
  DatabaseUnavailableError,
  MigrationFailedError,
  TenantInputError,
  TenantNotActiveError,
  TenantScopeError,
} from '@tenantry/tenancy';
import { hostNotFound, problemResult, toProblem } from './problem.ts';

test.each([
  [new Error('select secret from t_other.poll'), 500],
  [
    new TenantScopeError('abcdefghij0123456789', new Error('permission denied for schema t_other')),
    500,
  ],
  [
    new MigrationFailedError('t_other', {
      migration: 'm',
      statement: 1,
      sqlstate: '42P01',
      message: 'relation',
    }),
    500,
  ],
  [new DatabaseUnavailableError('ThrottlingException', new Error('arn:aws:rds:secret')), 503],
])('what is our fault is shown without SQL, other names or a stack: %s', (error, status) => {
  const result = problemResult(toProblem(error));
  expect(result.statusCode).toBe(status);
  expect(result.body).not.toMatch(/select|t_other|relation|arn:|permission|at \w+ \(/);
});

test('an unavailable database says when to come back', () => {
  expect(problemResult(toProblem(new DatabaseUnavailableError('x'))).headers).toMatchObject({
    'retry-after': '5',
  });
});

test('a tenant that is not active answers as if it did not exist', () => {
  expect(toProblem(new TenantNotActiveError('abcdefghij0123456789', 'suspended'))).toBe(
    hostNotFound,
  );
});

test("a caller's mistake is told with its field", () => {
  expect(toProblem(new TenantInputError('slug', 'too short'))).toMatchObject({
    status: 400,
    detail: 'slug: too short',
  });
});
