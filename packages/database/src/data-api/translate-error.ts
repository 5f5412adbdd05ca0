import {
  DataApiLimitError,
  DatabaseLoginRefusedError,
  DatabaseTimeoutError,
  DatabaseUnavailableError,
} from '@tenantry/tenancy';
import { SqlStateError } from '../sql-state.ts';

const unavailable = new Set([
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  'HttpEndpointNotEnabledException',
  'InternalServerErrorException',
  'ServiceUnavailableError',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** What a caller can act on, made of an error of the Data API's client: SQLSTATE, unavailable, timed out, or the error itself. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isSecretMissing(error)) return new DatabaseLoginRefusedError(error);
  if (error.name === 'DatabaseErrorException' || error.name === 'BadRequestException') {
    const refused = parseDatabaseError(error);
    if (refused?.code.startsWith('28') === true) return new DatabaseLoginRefusedError(error);
    if (refused !== undefined) return refused;
  }
  if (error.name === 'StatementTimeoutException')
    return new DatabaseTimeoutError('statement timed out', error);
  if (isLimit(error)) return toLimitError(error);
  if (unavailable.has(error.name)) return new DatabaseUnavailableError(error.name, error);
  return error;
}

function isLimit(error: Error): boolean {
  return (
    error.name === 'UnsupportedResultException' ||
    tooLarge.test(error.message) ||
    error.message.startsWith('Multistatements')
  );
}

const tooLarge = /size limit|too large|more than the allowed response size/i;

function toLimitError(error: Error): DataApiLimitError {
  const reason = error.message.replace(/\.?( Cast the column to text\.)?$/, '');
  return new DataApiLimitError(reason, { next: findWayOut(error.message), cause: error });
}

function findWayOut(message: string): string {
  if (message.startsWith('The request')) return 'a request has at most 4 MB: send it in parts';
  if (/packet|row/i.test(message)) {
    return 'a row has at most 64 KB: select fewer columns, or substring(column, start, length) piece by piece';
  }
  if (tooLarge.test(message)) {
    return 'a result has at most 1 MiB: page with limit and a condition on the last key';
  }
  if (message.startsWith('Multistatements')) return 'send each statement by itself';
  return 'cast the column to text in the query: sql<string>`column::text`';
}

function isSecretMissing(error: Error): boolean {
  return (
    error.name === 'InvalidSecretException' ||
    error.name === 'SecretsErrorException' ||
    (error.name === 'BadRequestException' && /secret/i.test(error.message))
  );
}

/** Aurora puts everything into one text: `ERROR: duplicate key ...; Hint: ...; Position: 5; SQLState: 23505`. */
function parseDatabaseError(error: Error): SqlStateError | undefined {
  const match = databaseError.exec(error.message)?.groups;
  if (match?.['code'] === undefined) return undefined;
  const { text = '', detail, hint, code } = match;
  return new SqlStateError(text, {
    code,
    cause: error,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
  });
}

const databaseError =
  /^(?:(?:ERROR|FATAL|PANIC): )?(?<text>.*?)(?:;?\s+Detail: (?<detail>.*?))?(?:;?\s+Hint: (?<hint>.*?))?(?:;?\s+Position: \d+)?;?\s+SQLState: (?<code>[0-9A-Z]{5})\s*$/s;
