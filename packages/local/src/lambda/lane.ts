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
  readonly fn: LocalFunction;
  readonly processes = new Set<LambdaProcess>();
  readonly #waiting: Waiting[] = [];

  constructor(fn: LocalFunction) {
    this.fn = fn;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many processes there are, without those that are on their way out. */
  get aliveCount(): number {
    return this.#count((process) => process.state !== 'ended');
  }

  get isStarting(): boolean {
    return this.#count((process) => process.state === 'starting') > 0;
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
      .filter((process) => process.state === 'idle')
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

  /** Fails the oldest invocation as one whose process could not be started. */
  failOldest(payload: FunctionErrorPayload): void {
    this.#waiting.shift()?.resolve({ payload, functionError: 'Unhandled' });
  }

  /** Turns away all that wait. */
  rejectAll(error: AwsError): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #count(isCounted: (process: LambdaProcess) => boolean): number {
    return [...this.processes].filter(isCounted).length;
  }
}
