import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AwsError } from '../aws/aws-error.ts';
import { LocalError } from '../errors.ts';
import { LambdaProcess } from './lambda-process.ts';
import type { ProcessEvents } from './lambda-process.ts';
import type { FunctionErrorPayload, InvocationResult, LocalFunction } from './local-function.ts';
import { chooseStayers, takeIdle } from './process-choice.ts';

/** What `createLambdaHost` runs and within which bounds. */
export interface LambdaHostOptions {
  readonly functions: readonly LocalFunction[];
  /** The endpoint of the AWS clients in the functions; asked at each start of a process. */
  endpointUrl(): string;
  readonly region: string;
  readonly accountId: string;
  /** Folder of the functions' output, one `<function>.log` each. */
  readonly logDir: string;
  /** Most processes at once; further invocations wait for their turn. @default 12 */
  readonly maxProcesses?: number;
  /** Milliseconds after which an unused process ends. @default 15000 */
  readonly idleMs?: number;
  /** Names of functions that stay warm before others when the system is idle. @default - the last used ones */
  readonly keepWarm?: readonly string[];
  /** Folder of V8's compiled code. @default '<logDir>/compile-cache' */
  readonly compileCacheDir?: string;
}

/** Lambda on a laptop: a process per concurrent execution, reused while it is warm. */
export interface LambdaHost {
  /**
   * Invokes a function by name or ARN and waits for its answer. An error of the function is a result, not a rejection; rejects with
   * `AwsError` for an unknown function or a closed host.
   */
  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult>;
  /** Ends all processes and waits until they are gone. */
  close(): Promise<void>;
  processCount(): number;
}

interface Waiting {
  readonly fn: LocalFunction;
  readonly payload: unknown;
  readonly since: number;
  readonly resolve: (result: InvocationResult) => void;
  readonly reject: (error: AwsError) => void;
}

/** How many processes stay when nothing happens. */
const stayerCount = 2;
const initTimeoutMs = 10_000;
/** How long a function with a warm process may overtake one that has none. */
const patienceMs = 500;
const sweepMs = 1000;

/** Makes a host without any process yet. Throws `LocalError` if the code of a function is not there. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  for (const fn of options.functions) assertCode(fn);
  return new ProcessHost(options);
}

class ProcessHost implements LambdaHost, ProcessEvents {
  readonly #options: LambdaHostOptions;
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #processes = new Set<LambdaProcess>();
  readonly #maxStarting = Math.max(2, availableParallelism());
  #queue: Waiting[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LambdaHostOptions) {
    this.#options = options;
    this.#functions = new Map(options.functions.map((fn) => [fn.name, fn]));
  }

  invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult> {
    const fn = this.#functions.get(parseName(nameOrArn));
    const refusal = this.#isClosed
      ? closedError()
      : fn === undefined
        ? unknownError(nameOrArn)
        : undefined;
    if (refusal !== undefined || fn === undefined) return Promise.reject(refusal ?? closedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ fn, payload, since: Date.now(), resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const { reject } of this.#queue.splice(0)) reject(closedError());
    const processes = [...this.#processes];
    for (const process of processes) process.kill();
    await Promise.all(processes.map((process) => process.exited));
  }

  processCount(): number {
    return this.#processes.size;
  }

  onReady(): void {
    this.#dispatch();
  }

  onInitError(process: LambdaProcess, error: FunctionErrorPayload): void {
    const place = this.#queue.findIndex((waiting) => waiting.fn === process.fn);
    const [waiting] = place === -1 ? [] : this.#queue.splice(place, 1);
    waiting?.resolve({ payload: error, functionError: 'Unhandled' });
  }

  onExit(process: LambdaProcess): void {
    this.#processes.delete(process);
    if (!this.#isClosed) this.#dispatch();
  }

  /** First what a warm process can take, in the order of arrival; then processes for what is left. */
  #dispatch(): void {
    this.#serveImpatient();
    this.#queue = this.#queue.filter((waiting) => !this.#serveWarm(waiting));
    for (const { fn } of this.#queue) if (this.#isShort(fn)) this.#start(fn);
  }

  /** A function that is never warm must not wait for ever behind one that always is. */
  #serveImpatient(): void {
    const first = this.#queue[0];
    if (first === undefined || Date.now() - first.since < patienceMs) return;
    if (this.#isShort(first.fn)) this.#start(first.fn);
  }

  #serveWarm(waiting: Waiting): boolean {
    const process = takeIdle(this.#processes, waiting.fn);
    if (process === undefined) return false;
    void process.invoke(waiting.payload).then((result) => {
      waiting.resolve(result);
      this.#dispatch();
    });
    return true;
  }

  /** Whether more invocations wait for the function than processes of it are about to be ready. */
  #isShort(fn: LocalFunction): boolean {
    const waiting = this.#queue.filter((candidate) => candidate.fn === fn).length;
    const coming = [...this.#processes].filter(
      (process) => process.fn === fn && process.state !== 'busy' && process.state !== 'ended',
    );
    return waiting > coming.length;
  }

  #start(fn: LocalFunction): void {
    const starting = [...this.#processes].filter((process) => process.state === 'starting');
    if (starting.length >= this.#maxStarting || !this.#makeRoom()) return;
    const { region, logDir } = this.#options;
    const process = new LambdaProcess(fn, {
      region,
      logDir,
      endpointUrl: this.#options.endpointUrl(),
      compileCacheDir: this.#options.compileCacheDir ?? join(logDir, 'compile-cache'),
      initTimeoutMs,
      events: this,
    });
    this.#processes.add(process);
    this.#sweep ??= setInterval(() => this.#endUnused(), sweepMs).unref();
  }

  /** Whether there is room for one more process, if need be by ending an idle one of another function. */
  #makeRoom(): boolean {
    const alive = [...this.#processes].filter((process) => process.state !== 'ended');
    if (alive.length < (this.#options.maxProcesses ?? 12)) return true;
    const idle = alive.filter((process) => process.state === 'idle');
    const stayers = chooseStayers(idle, {
      count: stayerCount,
      keepWarm: this.#options.keepWarm ?? [],
    });
    const [oldest] = idle.toSorted(
      (a, b) => Number(stayers.has(a)) - Number(stayers.has(b)) || a.lastUsedAt - b.lastUsedAt,
    );
    oldest?.retire();
    return oldest !== undefined;
  }

  #endUnused(): void {
    const idle = [...this.#processes].filter((process) => process.state === 'idle');
    const stayers = chooseStayers(idle, {
      count: stayerCount,
      keepWarm: this.#options.keepWarm ?? [],
    });
    const usedBefore = Date.now() - (this.#options.idleMs ?? 15_000);
    for (const process of idle) {
      if (!stayers.has(process) && process.lastUsedAt <= usedBefore) process.retire();
    }
  }
}

/** The function's name in a name, a full ARN, a partial ARN, each with or without an alias or version. */
function parseName(nameOrArn: string): string {
  const arn = /^(?:arn:[^:]+:lambda:[^:]*:)?(?:\d{12}:)?function:([^:]+)(?::[^:]+)?$/.exec(
    nameOrArn,
  );
  return arn?.[1] ?? nameOrArn.split(':')[0] ?? nameOrArn;
}

function unknownError(nameOrArn: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
}

function closedError(): AwsError {
  return new AwsError('ServiceException', 'The functions have been stopped.', 500);
}

function assertCode(fn: LocalFunction): void {
  if (existsSync(fn.codeDir)) return;
  throw new LocalError(
    'LOCAL_FUNCTION_INVALID',
    `The code of function ${fn.name} is not at ${fn.codeDir}.`,
    {
      next: 'synthesize the application again: npx cdk synth',
    },
  );
}
