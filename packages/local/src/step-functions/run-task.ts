import { setImmediate } from 'node:timers/promises';
import { callFunction } from './call-function.ts';
import type { EventNames, FunctionCall } from './call-function.ts';
import type { Binding } from './compile-machine.ts';
import type { ExecutionScope, RunProgram } from './execution-scope.ts';
import { runMap } from './run-map.ts';

/** A state that the interpreter hands over. */
export interface BoundState {
  readonly state: string;
  readonly binding: Binding;
  readonly scope: ExecutionScope;
  readonly runProgram: RunProgram;
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
  const { limitSeconds } = binding;
  if (binding.kind === 'invoke') {
    return runInvoke({ state, limitSeconds, scope, events: invokeEvents }, input);
  }
  const call = { state, limitSeconds, scope, events: functionEvents };
  return callFunction(call, binding.functionArn, input);
}

async function runInvoke(call: FunctionCall, input: unknown): Promise<unknown> {
  const { FunctionName: name, Payload: payload } = input as {
    FunctionName: string;
    Payload?: unknown;
  };
  const result = await callFunction(call, name, payload ?? {});
  return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
}
