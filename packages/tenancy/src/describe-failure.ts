import type { TenantFailure, WorkflowFailure } from './lifecycle.ts';

/** The failure of a workflow in the form that the catalog keeps: step, error, SQLSTATE and message. */
export function describeFailure(failure: WorkflowFailure): TenantFailure {
  const message = findMessage(failure.cause);
  return {
    step: failure.step,
    error: failure.error,
    sqlstate: /SQLSTATE ([0-9A-Z]{5})/.exec(message)?.[1] ?? null,
    message,
  };
}

/** Lambda reports an error as JSON with `errorMessage`; Step Functions itself (a time-out, say) as plain text. */
function findMessage(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const isError = typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed;
    return isError && typeof parsed.errorMessage === 'string' ? parsed.errorMessage : cause;
  } catch {
    return cause;
  }
}
