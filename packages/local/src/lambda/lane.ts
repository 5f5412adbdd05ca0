import type { AwsError } from '../aws/aws-error.ts';
import type { LambdaProcess } from './lambda-process.ts';
import type { FunctionErrorPayload, InvocationResult, LocalFunction } from './local-function.ts';

/** An invocation that no process has taken yet. */
export interface Waiting {
  readonly payload: unknown;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly resolve: (result: InvocationResult) => void;
  readonly reject: (error: AwsError) => void;
}

/** One function: its processes, and the invocations that wait for one, oldest first. */
export class Lane {
  readonly processes = new Set<LambdaProcess>();
  readonly #waiting: Waiting[] = [];
  #fn: LocalFunction;

  constructor(fn: LocalFunction) {
    this.#fn = fn;
  }

  /** The function as it is now; processes of an earlier state of it take no more invocations. */
  get fn(): LocalFunction {
    return this.#fn;
  }

  /** Puts the function's new state in the place of the old one: what waits and what comes gets the new one, what is under way ends in the old one. */
  replace(fn: LocalFunction): void {
    this.#fn = fn;
    this.retireOutdated();
  }

  /** Ends processes of an earlier state that do nothing. */
  retireOutdated(): void {
    for (const process of this.processes)
      if (process.fn !== this.#fn && process.state === 'idle') process.retire();
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many processes there are, without those that are on their way out. */
  get aliveCount(): number {
    return this.#count((process) => process.state !== 'ended' && this.#isCurrent(process));
  }

  get isStarting(): boolean {
    return this.#count((process) => process.state === 'starting' && this.#isCurrent(process)) > 0;
  }

  get busyCount(): number {
    return this.#count((process) => process.state === 'busy');
  }

  /** Whether the function is in use: called, or wanted. */
  get isBusy(): boolean {
    return this.isWaiting || this.busyCount > 0;
  }

  /** Milliseconds that the oldest invocation has waited; -1 if none waits. */
  get waitedMs(): number {
    const [oldest] = this.#waiting;
    return oldest === undefined ? -1 : Date.now() - oldest.since;
  }

  /** The idle processes, last used first. */
  get idle(): LambdaProcess[] {
    return [...this.processes]
      .filter((process) => process.state === 'idle' && this.#isCurrent(process))
      .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
  }

  enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Gives waiting invocations to idle processes; `onDone` is called after each of them. */
  serve(onDone: () => void): void {
    for (const process of this.idle) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      void process.invoke(waiting.payload).then((result) => {
        waiting.resolve(result);
        onDone();
      });
    }
  }

  /** Fails the oldest invocation as one whose process could not be started; for a process of an earlier state nobody waits. */
  failOldest(process: LambdaProcess, payload: FunctionErrorPayload): void {
    if (!this.#isCurrent(process)) return;
    this.#waiting.shift()?.resolve({ payload, functionError: 'Unhandled' });
  }

  /** Turns away all that wait. */
  rejectAll(error: AwsError): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #isCurrent(process: LambdaProcess): boolean {
    return process.fn === this.#fn;
  }

  #count(isCounted: (process: LambdaProcess) => boolean): number {
    return [...this.processes].filter(isCounted).length;
  }
}
