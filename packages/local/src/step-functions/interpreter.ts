import { registerHooks } from 'node:module';
import type { RunOptions, StateMachineDefinition } from 'aws-local-stepfunctions';

/** A value as JSON has it. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** What the interpreter tells about a run, in order. */
export interface InterpreterEvent {
  readonly type: string;
  readonly state?: {
    readonly name: string;
    readonly input: unknown;
    readonly output?: unknown;
  };
  readonly Error?: string;
}

/** A run under way; `result` rejects with the state machine's error, or when it was aborted or ran out of time. */
export interface InterpreterRun {
  readonly result: Promise<unknown>;
  readonly eventLogs: AsyncGenerator<InterpreterEvent>;
  abort(): void;
}

/** A state machine that can be run any number of times. */
export interface Interpreter {
  run(input: unknown, options: RunOptions): InterpreterRun;
}

const unused =
  'data:text/javascript,export default 0;export const LambdaClient=0,InvokeCommand=0,fromCognitoIdentityPool=0';

// The interpreter imports the AWS clients for tasks that it would call itself, and a validator. Our tasks are all bound to local
// functions and validated before; without those modules the import takes 11 ms instead of 160 and 5 MB instead of 36.
const hooks = registerHooks({
  resolve: (specifier, context, nextResolve) =>
    /^(@aws-sdk\/|asl-validator$)/.test(specifier) &&
    context.parentURL?.includes('/aws-local-stepfunctions/')
      ? { url: unused, shortCircuit: true }
      : nextResolve(specifier, context),
});

const { ExecutionError, ExecutionTimeoutError, StateMachine } =
  await import('aws-local-stepfunctions');
hooks.deregister();

/** Makes a state machine of a definition that was lowered to what the interpreter does right. */
export function createInterpreter(definition: object): Interpreter {
  const machine = new StateMachine(definition as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  return machine;
}

/** The error of the state that failed a run, if that is what the run's result rejected with. */
export function findStateError(error: unknown): Error | undefined {
  if (!(error instanceof ExecutionError)) return undefined;
  return error.cause instanceof Error ? error.cause : error;
}

/** Whether a run's result rejected because the machine's `TimeoutSeconds` passed. */
export function isRunTimeout(error: unknown): boolean {
  return error instanceof ExecutionTimeoutError;
}
