import type { Log } from './log.ts';

/** Writes down an error with its cause; the caller of the API sees neither. */
export function logFailure(log: Log, error: unknown): void {
  if (!(error instanceof Error)) {
    log.error('request failed', { error: typeof error });
    return;
  }
  log.error('request failed', {
    error: error.name,
    reason: error.message,
    stack: error.stack,
    cause: error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined,
  });
}
