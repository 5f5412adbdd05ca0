import type { LocalStack } from './assembly/local-stack.ts';
import { createClosingStack } from './closing-stack.ts';
import type { DataApi } from './data-api/data-api.ts';
import type { RuntimeDescription } from './data-folder/runtime-file.ts';
import type { LambdaHost } from './lambda/lambda-host.ts';
import type { RunningPostgres } from './postgres/start-postgres.ts';

/** What to run, and where. */
export interface StartLocalOptions {
  /** Folder that `cdk synth` or the application itself wrote. */
  readonly assemblyDir: string;
  /** Folder of all local data; made when it does not exist. */
  readonly dataDir: string;
  /** Port of the gateway on 127.0.0.1; 0 takes a free one. @default 8787 */
  readonly port?: number | undefined;
  /** False gives up safety against a power cut for speed, for tests. @default true */
  readonly durable?: boolean | undefined;
  /** A PostgreSQL 15 to 18 to use instead of the embedded one. @default - the embedded one */
  readonly databaseUrl?: string | undefined;
  /** Names of further clusters, each an embedded PostgreSQL of its own. @default - the stack's cluster alone */
  readonly clusters?: readonly string[] | undefined;
  /** Gets a line for each step of the start. @default - nobody is told */
  readonly onProgress?: ((step: string) => void) | undefined;
  /** Stands between the state machines and the functions they invoke, for tests. @default - nothing does */
  readonly interceptInvocation?: InvocationInterceptor | undefined;
  /** Gets the Data API's faults before the deploy, for tests. @default - no faults */
  readonly onServices?: ((faults: DataApi['faults']) => void) | undefined;
  /** Ends a start that is under way, as an error would: what was opened is closed. */
  readonly signal?: AbortSignal | undefined;
}

/** Answers an invocation with what the function answers (`next`), or with something else instead or after it. */
export type InvocationInterceptor = (
  payload: unknown,
  next: () => ReturnType<LambdaHost['invoke']>,
) => ReturnType<LambdaHost['invoke']>;

/** An execution to start: `machine` is a state machine's name or ARN. */
export interface StartExecutionRequest {
  readonly machine: string;
  readonly name: string;
  readonly input: unknown;
}

/** A further cluster of a running system. */
export interface LocalCluster {
  readonly name: string;
  readonly arn: string;
  readonly adminSecretArn: string;
  readonly postgres: RunningPostgres;
}

/** The whole system, running. */
export interface LocalRuntime {
  /** The gateway: `http://localhost:8787`. */
  readonly url: string;
  readonly port: number;
  /** What `AWS_ENDPOINT_URL` must be for AWS clients. */
  readonly endpointUrl: string;
  readonly stack: LocalStack;
  readonly postgres: RunningPostgres;
  /** The clusters besides the stack's own, which `tenantry cluster add` can take in. */
  readonly clusters: readonly LocalCluster[];
  /** What clients find in `runtime.json`. */
  readonly description: Omit<RuntimeDescription, 'v' | 'pid'>;
  /** Calls a function by name or ARN. */
  readonly invoke: LambdaHost['invoke'];
  /** Starts an execution and gives its ARN; the same name and input twice are one execution. */
  startExecution(request: StartExecutionRequest): Promise<string>;
  /** What the Data API can be told to do wrong, for tests. */
  readonly faults: DataApi['faults'];
  /** Ends everything, PostgreSQL too, each part within ten seconds. */
  close(): Promise<void>;
}

const closeTimeoutMs = 10_000;

/**
 * The system of a synthesized assembly on this machine: PostgreSQL, the AWS services, the deploy of the stack's custom resources, and
 * the gateway. Ready when it returns. Throws `LocalError`; then nothing is left running.
 *
 * @example
 * const runtime = await startLocal({ assemblyDir: 'cdk.out', dataDir: '.tenantry' });
 * await fetch(runtime.url);
 * await runtime.close();
 */
export async function startLocal(options: StartLocalOptions): Promise<LocalRuntime> {
  const closing = createClosingStack(closeTimeoutMs);
  try {
    // Loaded late, so that a client that only looks for a running system does not load a whole one.
    const { startSystem } = await import('./start-system.ts');
    return await startSystem(options, closing);
  } catch (error) {
    await closing.close().catch((closeError: Error) => options.onProgress?.(closeError.message));
    throw error;
  }
}
