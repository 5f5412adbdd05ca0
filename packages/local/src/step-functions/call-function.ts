import { AwsError } from '../aws/aws-error.ts';
import type { FunctionErrorPayload } from '../lambda/local-function.ts';
import type { ExecutionScope } from './execution-scope.ts';
import { serializeState, StateError } from './state-error.ts';

/** A call of a function by a state. */
export interface FunctionCall {
  readonly state: string;
  /** Seconds after which the state has failed and the answer is nobody's. */
  readonly limitSeconds: number;
  readonly scope: ExecutionScope;
  readonly events: EventNames;
}

/** The names of a task's events: they differ between the two ways to call a function. */
export interface EventNames {
  readonly scheduled: string;
  readonly started: string;
  readonly succeeded: string;
  readonly failed: string;
}

/** Calls a function and records it; throws `StateError` with the function's error type and its whole error as JSON. */
export async function callFunction(
  call: FunctionCall,
  functionArn: string,
  input: unknown,
): Promise<unknown> {
  const { state, scope, events } = call;
  const resource = { resourceType: 'lambda', resource: functionArn };
  const isWanted = watchLimit(call);
  scope.history?.add(events.scheduled, { ...resource, input: serializeState(input, state) });
  scope.history?.add(events.started, resource);
  try {
    const payload = await invoke(functionArn, input, scope);
    const output = serializeState(payload, state);
    if (isWanted()) scope.history?.add(events.succeeded, { ...resource, output });
    return payload;
  } catch (error) {
    const { name, message } = error as Error;
    if (isWanted()) scope.history?.add(events.failed, { ...resource, error: name, cause: message });
    throw error;
  }
}

/** Whether the execution still waits for the function. */
function watchLimit({ limitSeconds, scope }: FunctionCall): () => boolean {
  const deadline = performance.now() + limitSeconds * 1000;
  return () => !scope.cancellation.isCancelled && performance.now() < deadline;
}

async function invoke(
  functionArn: string,
  input: unknown,
  scope: ExecutionScope,
): Promise<unknown> {
  const { payload, functionError } = await scope
    .invoke(functionArn, input)
    .catch((error: unknown) => {
      if (error instanceof AwsError) throw new StateError(`Lambda.${error.name}`, error.message);
      throw error;
    });
  scope.cancellation.throwIfCancelled();
  if (functionError === undefined) return payload;
  const { errorType = 'Lambda.Unknown' } = (payload ?? {}) as Partial<FunctionErrorPayload>;
  throw new StateError(errorType, JSON.stringify(payload));
}
