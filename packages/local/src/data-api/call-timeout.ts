import { setTimeout as startTimer } from 'node:timers';
import { DataApiError } from './data-api-error.ts';

/**
 * The work's result, or `StatementTimeoutException` when it takes too long: `onTimeout` then stops what can be stopped, and what the
 * work still does is nobody's business any more.
 */
export async function withCallTimeout<Result>(
  work: Promise<Result>,
  options: { readonly timeoutMs: number; readonly onTimeout: () => Promise<void> | undefined },
): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = startTimer(() => {
    reject(new DataApiError('StatementTimeoutException', 'Request timed out'));
    options.onTimeout()?.catch(() => undefined);
  }, options.timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
