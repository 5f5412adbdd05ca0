import {
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
    return refused?.code.startsWith('28') === true
      ? new DatabaseLoginRefusedError(error)
      : (refused ?? error);
  }
  if (error.name === 'StatementTimeoutException')
    return new DatabaseTimeoutError('statement timed out', error);
  if (unavailable.has(error.name)) return new DatabaseUnavailableError(error.name, error);
  return error;
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
