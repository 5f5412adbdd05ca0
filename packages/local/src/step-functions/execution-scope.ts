import type { InvocationResult } from '../lambda/local-function.ts';
import type { Cancellation } from './cancellation.ts';
import type { CompiledMachine } from './compile-machine.ts';
import type { ExecutionHistory } from './execution-history.ts';
import type { Interpreter } from './interpreter.ts';

/** What `$$.Execution` shows. */
export interface RunContext {
  readonly Id: string;
  readonly Name: string;
  readonly Input: unknown;
  readonly StartTime: string;
}

/** Everything the states of an execution, or of one child of a Distributed Map, have in common. */
export interface ExecutionScope {
  readonly machine: CompiledMachine;
  readonly context: { readonly Run: RunContext; readonly Map?: object };
  readonly cancellation: Cancellation;
  /** Absent in children of a Distributed Map, which have no history here. */
  readonly history?: ExecutionHistory;
  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult>;
}

/** Runs one machine, or a part of one, to its output; rejects as `Interpreter.run` does, also when the execution is cancelled. */
export type RunProgram = (
  interpreter: Interpreter,
  input: unknown,
  scope: ExecutionScope,
) => Promise<unknown>;
