import { DatabaseError } from 'pg';
import { DataApiError } from './data-api-error.ts';
import { SessionGoneError } from './session.ts';
import { ConnectionLostError } from './statement-run.ts';

/**
 * The error to answer with, whatever went wrong. For PostgreSQL's errors as Aurora gives it: one line with message, hint, position
 * and SQLSTATE; the detail, which may show a row's values, stays out. Several statements in one text are a validation error.
 */
export function toAnswerableError(error: unknown): DataApiError {
  if (error instanceof DataApiError) return error;
  if (error instanceof DatabaseError) return fromPostgres(error);
  if (error instanceof ConnectionLostError || error instanceof SessionGoneError) {
    // No server error: a client's SDK would send it again by itself, and nobody knows whether the statement took effect.
    return new DataApiError('DatabaseErrorException', `ERROR: ${error.message}; SQLState: 08006`);
  }
  const message = error instanceof Error ? error.message : String(error);
  const isUnreachable = /ECONNREFUSED|ECONNRESET|terminated|timeout expired/.test(message);
  return new DataApiError(
    isUnreachable ? 'DatabaseUnavailableException' : 'InternalServerErrorException',
    message,
    { cause: error },
  );
}

function fromPostgres(error: DatabaseError): DataApiError {
  const { message, hint, position, code = 'XX000' } = error;
  if (code === '42601' && message.startsWith('cannot insert multiple commands')) {
    return new DataApiError('ValidationException', "Multistatements aren't supported", {
      cause: error,
    });
  }
  const parts = [
    `ERROR: ${message}`,
    ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    ...(position === undefined ? [] : [`Position: ${position}`]),
    `SQLState: ${code}`,
  ];
  return new DataApiError('DatabaseErrorException', parts.join('; '), { cause: error });
}
