import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../aws/aws-error.ts';
import { LocalError } from '../errors.ts';
import { LambdaProcess } from './lambda-process.ts';
import type { ProcessEvents } from './lambda-process.ts';
import type { FunctionErrorPayload, InvocationResult, LocalFunction } from './local-function.ts';
import { Lane } from './lane.ts';
import { chooseStayers, findNeed, findVictim, growAfterMs } from './process-choice.ts';
import type { ProcessBounds } from './process-choice.ts';
import { trimCompileCache } from './trim-compile-cache.ts';

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
  /**
   * Runs these functions too, or in the place of those with the same names: no invocation is lost, and those that come are answered by the
   * new ones. Throws `LocalError` if the code of a function is not there.
   */
  deploy(functions: readonly LocalFunction[]): void;
  /** Runs the named function no more; resolves when its processes are gone. */
  remove(name: string): Promise<void>;
  /** Ends all processes and waits until they are gone. */
  close(): Promise<void>;
  processCount(): number;
}

/** How many processes stay when nothing happens. */
const stayerCount = 2;
/** Lambda gives 10 seconds, but a laptop may be busy with other things. */
const initTimeoutMs = 30_000;
const sweepMs = 1000;
/** More processes at once would only start each other more slowly. */
const maxStarting = Math.max(2, availableParallelism());

/** Makes a host without any process yet. Throws `LocalError` if the code of a function is not there. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  for (const fn of options.functions) assertCode(fn);
  return new ProcessHost(options);
}

class ProcessHost implements LambdaHost, ProcessEvents {
  readonly #options: LambdaHostOptions;
  readonly #compileCacheDir: string;
  readonly #bounds: ProcessBounds;
  readonly #lanes: Map<string, Lane>;
  #sweep: NodeJS.Timeout | undefined;
  #nextDispatch: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LambdaHostOptions) {
    const { maxProcesses = 12, keepWarm = [] } = options;
    this.#options = options;
    this.#compileCacheDir = options.compileCacheDir ?? join(options.logDir, 'compile-cache');
    trimCompileCache(this.#compileCacheDir);
    this.#bounds = { maxProcesses, stayerCount, keepWarm };
    this.#lanes = new Map(options.functions.map((fn) => [fn.name, new Lane(fn)]));
  }

  async invoke(nameOrArn: string, payload: unknown): Promise<InvocationResult> {
    if (this.#isClosed) throw closedError();
    const lane = this.#lanes.get(parseName(nameOrArn));
    if (lane === undefined) throw unknownError(nameOrArn);
    return new Promise((resolve, reject) => {
      lane.enqueue({ payload, since: Date.now(), resolve, reject });
      this.#dispatch();
    });
  }

  deploy(functions: readonly LocalFunction[]): void {
    for (const fn of functions) assertCode(fn);
    for (const fn of functions) this.#deployOne(fn);
    this.#dispatch();
  }

  async remove(name: string): Promise<void> {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    this.#lanes.delete(name);
    lane.rejectAll(unknownError(name));
    const processes = [...lane.processes];
    for (const process of processes) process.kill();
    await Promise.all(processes.map((process) => process.exited));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#nextDispatch);
    for (const lane of this.#lanes.values()) lane.rejectAll(closedError());
    const processes = this.#all();
    for (const process of processes) process.kill();
    await Promise.all(processes.map((process) => process.exited));
  }

  processCount(): number {
    return this.#all().length;
  }

  onReady(): void {
    this.#dispatch();
  }

  onInitError(process: LambdaProcess, error: FunctionErrorPayload): void {
    this.#lanes.get(process.fn.name)?.failOldest(process, error);
  }

  onExit(process: LambdaProcess): void {
    this.#lanes.get(process.fn.name)?.processes.delete(process);
    this.#dispatch();
  }

  #deployOne(fn: LocalFunction): void {
    const lane = this.#lanes.get(fn.name);
    if (lane === undefined) this.#lanes.set(fn.name, new Lane(fn));
    else if (!isDeepStrictEqual(lane.fn, fn)) lane.replace(fn);
  }

  /** Processes where they are missing, then work for those that are idle. */
  #dispatch(): void {
    if (this.#isClosed) return;
    for (const lane of this.#lanes.values()) lane.retireOutdated();
    for (const need of ['first', 'more'] as const) this.#startWhereNeeded(need);
    for (const lane of this.#lanes.values()) lane.serve(() => this.#dispatch());
    const isAnyWaiting = [...this.#lanes.values()].some((lane) => lane.isWaiting);
    if (!isAnyWaiting || this.#nextDispatch !== undefined) return;
    // Whether one more process is needed shows only when nothing has happened for a while.
    this.#nextDispatch = setTimeout(() => {
      this.#nextDispatch = undefined;
      this.#dispatch();
    }, growAfterMs);
  }

  #startWhereNeeded(need: 'first' | 'more'): void {
    const lanes = [...this.#lanes.values()];
    const needy = lanes.filter((lane) => findNeed(lane, lanes) === need);
    for (const lane of needy.toSorted((a, b) => b.waitedMs - a.waitedMs)) {
      if (need === 'more' && this.#countStarting() >= maxStarting) return;
      if (this.#makeRoom(lane)) this.#start(lane);
    }
  }

  #makeRoom(lane: Lane): boolean {
    const alive = this.#all().filter((process) => process.state !== 'ended');
    if (alive.length < this.#bounds.maxProcesses) return true;
    const victim = findVictim(lane, [...this.#lanes.values()], this.#bounds);
    victim?.retire();
    return victim !== undefined;
  }

  #start(lane: Lane): void {
    const { region, logDir } = this.#options;
    const endpointUrl = this.#options.endpointUrl();
    const place = { region, logDir, compileCacheDir: this.#compileCacheDir, endpointUrl };
    lane.processes.add(new LambdaProcess(lane.fn, { ...place, initTimeoutMs, events: this }));
    this.#sweep ??= setInterval(() => this.#endUnused(), sweepMs).unref();
  }

  #endUnused(): void {
    const lanes = [...this.#lanes.values()];
    const stayers = chooseStayers(lanes, this.#bounds);
    const usedBefore = Date.now() - (this.#options.idleMs ?? 15_000);
    for (const process of lanes.flatMap((lane) => lane.idle)) {
      if (!stayers.has(process) && process.lastUsedAt <= usedBefore) process.retire();
    }
  }

  #countStarting(): number {
    return [...this.#lanes.values()].filter((lane) => lane.isStarting).length;
  }

  #all(): LambdaProcess[] {
    return [...this.#lanes.values()].flatMap((lane) => [...lane.processes]);
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
