import { expect, test } from 'vitest';
import { translateError } from './translate-error.ts';

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

test('an error of PostgreSQL keeps message, hint and SQLSTATE', () => {
  const message =
    'ERROR: column "x" does not exist; Hint: Perhaps you meant "y".; Position: 8; SQLState: 42703';
  expect(translateError(named('DatabaseErrorException', message))).toMatchObject({
    name: 'SqlStateError',
    message: 'column "x" does not exist',
    code: '42703',
    hint: 'Perhaps you meant "y".',
  });
});

test('the older form with a line for each part is understood as well', () => {
  const message = 'ERROR: duplicate key\n  Detail: Key (id)=(1) already exists.; SQLState: 23505';
  expect(translateError(named('BadRequestException', message))).toMatchObject({
    message: 'duplicate key',
    detail: 'Key (id)=(1) already exists.',
    code: '23505',
  });
});

test.each([
  ['DatabaseErrorException', 'FATAL: password authentication failed; SQLState: 28P01'],
  ['DatabaseErrorException', 'FATAL: role "t_x" is not permitted to log in; SQLState: 28000'],
  [
    'BadRequestException',
    "Error fetching secret x : Secrets Manager can't find the specified secret.",
  ],
  ['InvalidSecretException', 'no'],
])('a refused login is told apart: %s %s', (name, message) => {
  expect(translateError(named(name, message))).toMatchObject({ code: 'DATABASE_LOGIN_REFUSED' });
});

test.each([
  ['DatabaseResumingException', 'DATABASE_UNAVAILABLE'],
  ['ThrottlingException', 'DATABASE_UNAVAILABLE'],
  ['StatementTimeoutException', 'DATABASE_TIMEOUT'],
])('%s becomes %s', (name, code) => {
  expect(translateError(named(name, 'x'))).toMatchObject({ code });
});

test('what has no meaning of its own is passed on as it is', () => {
  const error = named('ValidationException', 'x');
  expect(translateError(error)).toBe(error);
});

test.each([
  ['BadRequestException', 'Database returned more than the allowed response size limit', /1 MiB/],
  ['UnsupportedResultException', 'Packet for query is too large: a row of the result', /64 KB/],
  ['BadRequestException', 'The request exceeds the size limit 4 MB.', /4 MB/],
  ['UnsupportedResultException', 'The result contains the unsupported data type XML', /cast/],
  ['ValidationException', "Multistatements aren't supported", /by itself/],
])('a limit of the Data API says what to do: %s %s', (name, message, next) => {
  expect(translateError(named(name, message))).toMatchObject({
    code: 'DATA_API_LIMIT',
    next: expect.stringMatching(next) as string,
  });
});
