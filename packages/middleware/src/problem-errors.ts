import type middy from '@middy/core';
import { createLog } from './log.ts';
import { problemResult, toProblem } from './problem.ts';

/** Turns whatever a request throws into a problem; what is our fault is logged with its cause, never shown. */
export function problemErrors(): middy.MiddlewareObj {
  return { onError: problemErrorsOnError };
}

async function problemErrorsOnError(request: middy.Request): Promise<void> {
  const problem = toProblem(request.error);
  if (problem.status >= 500) logFailure(request);
  request.response = problemResult(problem);
}

function logFailure(request: middy.Request): void {
  const error = request.error;
  const log = createLog({ request_id: request.context.awsRequestId });
  log.error('request failed', {
    error: error?.name,
    reason: error?.message,
    stack: error?.stack,
    cause:
      error?.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined,
  });
}
