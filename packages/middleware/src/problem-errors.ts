import type middy from '@middy/core';
import { bindLog, getLambdaLog } from './log.ts';
import { logFailure } from './log-failure.ts';
import { problemResult, toProblem } from './problem.ts';

/** For handlers without a tenant: turns whatever a request throws into a problem; what is our fault is logged, never shown. */
export function problemErrors(): middy.MiddlewareObj {
  return { onError: problemErrorsOnError };
}

async function problemErrorsOnError(request: middy.Request): Promise<void> {
  const problem = toProblem(request.error);
  if (problem.status >= 500) {
    logFailure(
      bindLog(getLambdaLog(), { request_id: request.context.awsRequestId }),
      request.error,
    );
  }
  request.response = problemResult(problem);
}
