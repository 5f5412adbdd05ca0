import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createChildEnvironment } from './child-environment.ts';
import type { ChildPlace } from './child-environment.ts';
import { exitError, initTimeoutError, timeoutError } from './invocation-error.ts';
import { openLogFile } from './log-file.ts';
import type { FunctionErrorPayload, InvocationResult, LocalFunction } from './local-function.ts';

/** What happens to a process, told to its host. */
export interface ProcessEvents {
  /** The handler is loaded; the process may be given an invocation. */
  onReady(process: LambdaProcess): void;
  /** The handler could not be loaded; the process ends. */
  onInitError(process: LambdaProcess, error: FunctionErrorPayload): void;
  /** The process is gone. */
  onExit(process: LambdaProcess): void;
}

/** Where and with what a process is started. */
export interface LambdaProcessOptions extends ChildPlace {
  readonly logDir: string;
  /** Most milliseconds for loading the handler. */
  readonly initTimeoutMs: number;
  readonly events: ProcessEvents;
}

interface Invocation {
  readonly id: string;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: InvocationResult) => void;
}

interface ChildMessage {
  readonly ready?: true;
  readonly initError?: FunctionErrorPayload;
  readonly id?: string;
  readonly text?: string;
  readonly error?: FunctionErrorPayload;
  /** The process ends after this answer. */
  readonly isLast?: true;
}

const runtimeFile = fileURLToPath(new URL('./child-runtime.mjs', import.meta.url));
const maxPayloadBytes = 6_291_556;
/** A handler with an AWS client does not start in less. */
const minHeapMb = 64;

/** One execution environment: a forked process that handles one invocation at a time. */
export class LambdaProcess {
  readonly fn: LocalFunction;
  readonly exited: Promise<void>;
  /** Milliseconds since 1970 of the end of the last invocation. */
  lastUsedAt = Date.now();
  /** Milliseconds since 1970; undefined while the process starts. */
  readyAt: number | undefined;
  /** Whether the process was ever given an invocation. */
  hasServed = false;
  state: 'starting' | 'idle' | 'busy' | 'ended' = 'starting';
  readonly #options: LambdaProcessOptions;
  readonly #child: ChildProcess;
  #log: number | undefined;
  readonly #initTimer: NodeJS.Timeout;
  #invocation: Invocation | undefined;

  constructor(fn: LocalFunction, options: LambdaProcessOptions) {
    this.fn = fn;
    this.#options = options;
    const log = openLogFile(options.logDir, fn.name);
    this.#log = log;
    this.#child = startChild(fn, { ...options, log });
    this.#initTimer = setTimeout(() => this.#giveUpStarting(), options.initTimeoutMs);
    this.#child.on('message', (message: ChildMessage) => this.#receive(message));
    this.exited = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: string | null): void => {
        this.#end(code, signal);
        resolve();
      };
      // Unlike `exit`, `close` comes after the last message.
      this.#child.once('close', onEnd);
      this.#child.on('error', (error) => {
        this.#writeLog(error.message);
        if (this.#child.pid === undefined) onEnd(null, null);
      });
    });
  }

  /** Runs the handler once; never rejects. Only an idle process may be asked. */
  invoke(event: unknown): Promise<InvocationResult> {
    this.state = 'busy';
    this.hasServed = true;
    const id = randomUUID();
    const timeoutMs = this.fn.timeoutSeconds * 1000;
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const timer = setTimeout(() => this.#timeOut(id), timeoutMs);
    this.#invocation = { id, timer, resolve };
    const deadlineMs = Date.now() + timeoutMs;
    this.#child.send({ id, event, deadlineMs, functionArn: this.fn.arn });
    return promise;
  }

  /** Ends an idle process; from now on it takes no invocation. */
  retire(): void {
    this.state = 'ended';
    this.kill();
  }

  /** Ends the process at once; an invocation under way gets `Runtime.ExitError`. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #receive(message: ChildMessage): void {
    if (this.state === 'starting') this.#finishStart(message);
    else if (message.id !== undefined && message.id === this.#invocation?.id) this.#answer(message);
  }

  #finishStart({ initError }: ChildMessage): void {
    clearTimeout(this.#initTimer);
    this.state = 'idle';
    this.readyAt = Date.now();
    if (initError === undefined) {
      this.#options.events.onReady(this);
      return;
    }
    this.state = 'ended';
    this.#options.events.onInitError(this, initError);
    this.kill();
  }

  #giveUpStarting(): void {
    this.state = 'ended';
    this.#writeLog('not loaded in time');
    this.#options.events.onInitError(this, initTimeoutError(this.#options.initTimeoutMs));
    this.kill();
  }

  #answer({ text = 'null', error, isLast }: ChildMessage): void {
    if (isLast === true) this.state = 'ended';
    if (error !== undefined) this.#settle({ payload: error, functionError: 'Unhandled' });
    else if (text.length > maxPayloadBytes) this.#settle(tooLarge());
    else this.#settle({ payload: JSON.parse(text) as unknown });
  }

  #timeOut(id: string): void {
    const payload = timeoutError(id, this.fn.timeoutSeconds);
    this.#writeLog(payload.errorMessage);
    this.state = 'ended';
    this.#settle({ payload, functionError: 'Unhandled' });
    this.kill();
  }

  #settle(result: InvocationResult): void {
    const invocation = this.#invocation;
    this.#invocation = undefined;
    clearTimeout(invocation?.timer);
    this.lastUsedAt = Date.now();
    if (this.state === 'busy') this.state = 'idle';
    invocation?.resolve(result);
  }

  #end(code: number | null, signal: string | null): void {
    const wasStarting = this.state === 'starting';
    this.state = 'ended';
    clearTimeout(this.#initTimer);
    const payload = exitError(this.#invocation?.id ?? randomUUID(), { code, signal });
    if (wasStarting) this.#options.events.onInitError(this, payload);
    if (this.#invocation !== undefined) {
      this.#writeLog(payload.errorMessage);
      this.#settle({ payload, functionError: 'Unhandled' });
    }
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
    this.#options.events.onExit(this);
  }

  #writeLog(line: string): void {
    if (this.#log !== undefined) writeSync(this.#log, `${new Date().toISOString()} ${line}\n`);
  }
}

function startChild(
  fn: LocalFunction,
  options: ChildPlace & { readonly log: number },
): ChildProcess {
  const oldSpaceMb = Math.max(minHeapMb, fn.memoryMb);
  return fork(runtimeFile, [], {
    cwd: fn.codeDir,
    env: createChildEnvironment(fn, options),
    execArgv: [`--max-old-space-size=${oldSpaceMb}`, '--max-semi-space-size=1'],
    execPath: process.execPath,
    serialization: 'json',
    stdio: ['ignore', options.log, options.log, 'ipc'],
  });
}

function tooLarge(): InvocationResult {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`;
  return {
    payload: { errorType: 'Function.ResponseSizeTooLarge', errorMessage },
    functionError: 'Unhandled',
  };
}
