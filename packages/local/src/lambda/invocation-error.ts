import type { FunctionErrorPayload } from './local-function.ts';

/** The payload of an invocation that ran out of time, in Lambda's words. */
export function timeoutError(requestId: string, timeoutSeconds: number): FunctionErrorPayload {
  const seconds = timeoutSeconds.toFixed(2);
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
  };
}

/** The payload of an invocation whose handler could not be loaded in time. */
export function initTimeoutError(initTimeoutMs: number): FunctionErrorPayload {
  const seconds = (initTimeoutMs / 1000).toFixed(2);
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `Error: the handler was not loaded after ${seconds} seconds`,
  };
}

/** The payload of an invocation whose process ended under it. */
export function exitError(
  requestId: string,
  end: { readonly code: number | null; readonly signal: string | null },
): FunctionErrorPayload {
  return {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited ${describeEnd(end)}`,
  };
}

function describeEnd({ code, signal }: { code: number | null; signal: string | null }): string {
  if (signal !== null) return `with error: signal: ${signal}`;
  return code === 0 || code === null
    ? 'without providing a reason'
    : `with error: exit status ${code}`;
}
