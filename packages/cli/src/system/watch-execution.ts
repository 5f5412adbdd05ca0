import { setTimeout as delay } from 'node:timers/promises';
import type { DescribeExecutionCommandOutput, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ExecutionOutcome, FailedTry, FinishedState, WatchOptions } from './platform.ts';

type Listeners = Pick<WatchOptions, 'onFailedTry'> & Required<Pick<WatchOptions, 'onState'>>;

const firstPauseMs = 30;
const longestPauseMs = 1000;

/**
 * Looks at an execution until it ended: every 30 ms at first, then in a tenth of the time that has passed, at most a second, so that
 * a short workflow is answered at once and a long one costs few calls.
 */
export async function watchExecution(
  sfn: SFNClient,
  executionArn: string,
  options: WatchOptions,
): Promise<ExecutionOutcome> {
  const { DescribeExecutionCommand } = await import('@aws-sdk/client-sfn');
  const startedAt = performance.now();
  const states = new FinishedStates();
  for (;;) {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (options.onState !== undefined) {
      states.report(await readHistory(sfn, executionArn), { ...options, onState: options.onState });
    }
    const outcome = toOutcome(execution);
    if (outcome !== undefined) return outcome;
    await options.onRunning?.();
    const pauseMs = (performance.now() - startedAt) / 10;
    await pause(Math.min(Math.max(pauseMs, firstPauseMs), longestPauseMs), options);
  }
}

async function pause(
  milliseconds: number,
  { signal, next }: Pick<WatchOptions, 'signal' | 'next'>,
): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch((cause: unknown) => {
    throw new CliError('INTERRUPTED', 'Interrupted; the workflow goes on without you.', {
      exitCode: exitCodes.interrupted,
      next: [next],
      cause,
    });
  });
}

function toOutcome(execution: DescribeExecutionCommandOutput): ExecutionOutcome | undefined {
  switch (execution.status) {
    case 'SUCCEEDED':
      return { status: 'SUCCEEDED', output: JSON.parse(execution.output ?? 'null') };
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ABORTED':
      return {
        status: execution.status,
        ...(execution.error === undefined ? {} : { error: execution.error }),
        ...(execution.cause === undefined ? {} : { cause: execution.cause }),
      };
    default:
      return undefined;
  }
}

async function readHistory(sfn: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const { paginateGetExecutionHistory } = await import('@aws-sdk/client-sfn');
  const pages = paginateGetExecutionHistory({ client: sfn }, { executionArn, maxResults: 1000 });
  const events: HistoryEvent[] = [];
  for await (const page of pages) events.push(...(page.events ?? []));
  return events;
}

/** Remembers which of an execution's events were reported, and when each state began. */
class FinishedStates {
  readonly #enteredAt = new Map<string, number>();
  #lastId = 0;
  #hasFailed = false;

  report(events: readonly HistoryEvent[], listeners: Listeners): void {
    for (const event of events) {
      if ((event.id ?? 0) <= this.#lastId) continue;
      this.#lastId = event.id ?? 0;
      this.#take(event, listeners.onState);
      if (isFailure(event)) listeners.onFailedTry?.(toFailedTry(event));
    }
  }

  #take(event: HistoryEvent, onState: (state: FinishedState) => void): void {
    this.#hasFailed = isFailure(event) || (this.#hasFailed && !isFreshStart(event));
    const at = event.timestamp?.getTime() ?? 0;
    const name = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
    if (name === undefined) return;
    if (event.type === 'TaskStateEntered') this.#enteredAt.set(name, at);
    if (event.type === 'TaskStateExited') {
      const seconds = (at - (this.#enteredAt.get(name) ?? at)) / 1000;
      onState({ name, seconds, hasFailed: this.#hasFailed });
    }
  }
}

function toFailedTry(event: HistoryEvent): FailedTry {
  const { error = '', cause = '' } =
    event.lambdaFunctionFailedEventDetails ?? event.taskFailedEventDetails ?? {};
  return { error, message: messageIn(cause) };
}

/** A function's error is JSON, of which the message is for people. */
function messageIn(cause: string): string {
  const [, message] = /"errorMessage":("(?:[^"\\]|\\.)*")/.exec(cause) ?? [];
  return message === undefined ? cause : (JSON.parse(message) as string);
}

function isFailure({ type }: HistoryEvent): boolean {
  return /^(Task|LambdaFunction)(Failed|TimedOut)$/.test(type ?? '');
}

/** A new try, or a new state, begins without a failure. */
function isFreshStart({ type }: HistoryEvent): boolean {
  return /(StateEntered|Scheduled)$/.test(type ?? '');
}
