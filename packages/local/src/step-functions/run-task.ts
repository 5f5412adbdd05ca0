import { setImmediate } from 'node:timers/promises';
import { AwsError } from '../aws/aws-error.ts';
import type { FunctionErrorPayload } from '../lambda/local-function.ts';
import type { Binding } from './compile-machine.ts';
import { runMap } from './run-map.ts';
import type { ExecutionScope, RunProgram } from './execution-scope.ts';
import { serializeState, StateError } from './state-error.ts';

/** A state that the interpreter hands over. */
export interface BoundState {
  readonly state: string;
  readonly binding: Binding;
  readonly scope: ExecutionScope;
  readonly runProgram: RunProgram;
}

/** The names of a task's events: they differ between the two ways to call a function. */
interface EventNames {
  readonly scheduled: string;
  readonly started: string;
  readonly succeeded: string;
  readonly failed: string;
}

const functionEvents: EventNames = {
  scheduled: 'LambdaFunctionScheduled',
  started: 'LambdaFunctionStarted',
  succeeded: 'LambdaFunctionSucceeded',
  failed: 'LambdaFunctionFailed',
};

const invokeEvents: EventNames = {
  scheduled: 'TaskScheduled',
  started: 'TaskStarted',
  succeeded: 'TaskSucceeded',
  failed: 'TaskFailed',
};

/** The result of a state that the interpreter hands over; throws what Retry and Catch are to see. */
export async function runTask(
  { state, binding, scope, runProgram }: BoundState,
  input: unknown,
): Promise<unknown> {
  // The interpreter's events up to here are delivered before the task adds its own.
  await setImmediate();
  scope.cancellation.throwIfCancelled();
  if (binding.kind === 'result') return binding.result;
  if (binding.kind === 'map') return runMap({ map: binding.map, scope, runProgram }, input);
  if (binding.kind === 'invoke') return runInvoke(state, input, scope);
  return call({ state, scope, events: functionEvents }, binding.functionArn, input);
}

async function runInvoke(state: string, input: unknown, scope: ExecutionScope): Promise<unknown> {
  const { FunctionName: name, Payload: payload } = input as {
    FunctionName: string;
    Payload?: unknown;
  };
  const result = await call({ state, scope, events: invokeEvents }, name, payload ?? {});
  return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
}

async function call(
  { state, scope, events }: { state: string; scope: ExecutionScope; events: EventNames },
  functionArn: string,
  input: unknown,
): Promise<unknown> {
  const { history, cancellation } = scope;
  const resource = { resourceType: 'lambda', resource: functionArn };
  history?.add(events.scheduled, { ...resource, input: serializeState(input, state) });
  history?.add(events.started, resource);
  try {
    const payload = await invoke(functionArn, input, scope);
    cancellation.throwIfCancelled();
    history?.add(events.succeeded, { ...resource, output: serializeState(payload, state) });
    return payload;
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'Cancelled')
      history?.add(events.failed, { ...resource, error: name, cause: message });
    throw error;
  }
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
  if (functionError === undefined) return payload;
  const errorType =
    (payload as Partial<FunctionErrorPayload> | null)?.errorType ?? 'Lambda.Unknown';
  throw new StateError(errorType, JSON.stringify(payload));
}
