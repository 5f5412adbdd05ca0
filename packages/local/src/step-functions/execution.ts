import type { CompiledMachine } from './compile-machine.ts';
import { Cancellation } from './cancellation.ts';
import { ExecutionHistory, maxEvents } from './execution-history.ts';
import type { ExecutionEnd, ExecutionRecord } from './execution-record.ts';
import { findStateError, isRunTimeout } from './interpreter.ts';
import type { ExecutionScope } from './execution-scope.ts';
import { runProgram } from './run-program.ts';
import { dataLimitError, serializeState, StateError } from './state-error.ts';

/** AWS cuts longer causes. */
const maxCauseLength = 32_768;

/** An execution under way. */
export class Execution {
  record: ExecutionRecord;
  readonly history: ExecutionHistory;
  readonly #machine: CompiledMachine;
  readonly #invoke: ExecutionScope['invoke'];
  readonly #cancellation = new Cancellation();
  #forcedEnd: ExecutionEnd | 'left' | undefined;

  constructor(
    record: ExecutionRecord,
    {
      machine,
      invoke,
    }: { readonly machine: CompiledMachine; readonly invoke: ExecutionScope['invoke'] },
  ) {
    this.record = record;
    this.#machine = machine;
    this.#invoke = invoke;
    this.history = new ExecutionHistory(machine.stateTypes, (limit) => this.#exceed(limit));
  }

  /** The record of the ended execution, or undefined if it was left running for the next process. */
  async run(): Promise<ExecutionRecord | undefined> {
    const { input } = this.record;
    this.history.add('ExecutionStarted', { input });
    const end = await this.#runToEnd(JSON.parse(input));
    if (end === undefined) return undefined;
    this.#addEndEvent(end);
    return { ...this.record, ...end, stopDate: Date.now() / 1000, events: this.history.events };
  }

  /** The record with all events so far. */
  snapshot(): ExecutionRecord {
    return { ...this.record, events: this.history.events };
  }

  /** Ends the execution from outside; `run` resolves soon after. */
  stop(end: ExecutionEnd): void {
    this.#forcedEnd ??= end;
    this.#cancellation.cancel();
  }

  /** Gives up without an end: the record stays as it is, for the next process to run again. */
  leave(): void {
    this.#forcedEnd ??= 'left';
    this.#cancellation.cancel();
  }

  async #runToEnd(input: unknown): Promise<ExecutionEnd | undefined> {
    const { arn, name, startDate } = this.record;
    const StartTime = new Date(startDate * 1000).toISOString();
    const outcome = runProgram(this.#machine.interpreter, input, {
      machine: this.#machine,
      context: { Run: { Id: arn, Name: name, Input: input, StartTime } },
      cancellation: this.#cancellation,
      history: this.history,
      invoke: this.#invoke,
    }).then(succeed, toEnd);
    const end = await outcome;
    if (this.#forcedEnd === 'left') return undefined;
    return this.#forcedEnd ?? end;
  }

  #exceed(limit: { readonly state: string } | 'events'): void {
    const error =
      limit === 'events'
        ? new StateError(
            'States.Runtime',
            `The execution reached the maximum number of history events (${maxEvents}).`,
          )
        : dataLimitError(limit.state);
    this.stop(toFailure(error));
  }

  #addEndEvent({ status, output, error, cause }: ExecutionEnd): void {
    if (status === 'SUCCEEDED') this.history.add('ExecutionSucceeded', { output });
    if (status === 'FAILED') this.history.add('ExecutionFailed', { error, cause });
    if (status === 'ABORTED') this.history.add('ExecutionAborted', { error, cause });
    if (status === 'TIMED_OUT') this.history.add('ExecutionTimedOut', { error, cause });
  }
}

function succeed(output: unknown): ExecutionEnd {
  try {
    return { status: 'SUCCEEDED', output: serializeState(output, 'output') };
  } catch (error) {
    return toFailure(error as Error);
  }
}

function toEnd(error: unknown): ExecutionEnd {
  if (isRunTimeout(error)) return { status: 'TIMED_OUT' };
  return toFailure(findStateError(error) ?? (error as Error));
}

/** The interpreter's names for a Fail state without Error and Cause are not shown; on AWS both are then absent. */
function toFailure({ name, message }: Error): ExecutionEnd {
  const hasError = name !== 'FailStateError';
  const hasCause = message !== 'Execution failed because of a Fail state';
  return {
    status: 'FAILED',
    ...(hasError && { error: name }),
    ...(hasCause && { cause: message.slice(0, maxCauseLength) }),
  };
}
