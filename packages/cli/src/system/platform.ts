import type {
  AuditActions,
  ClusterActions,
  ControlActions,
  IsolationCheckActions,
  MigrationActions,
  RepairActions,
} from '@tenantry/tenancy';

/** What can be asked of the running system, whichever of its functions answers. */
export type PlatformActions = ControlActions &
  MigrationActions &
  ClusterActions &
  AuditActions &
  RepairActions &
  IsolationCheckActions;

/** One of the system's actions. */
export type PlatformAction = keyof PlatformActions;

/** How clients of the AWS SDK reach the system. @default - as AWS' own chain says */
export interface PlatformPlace {
  readonly region?: string;
  /** Of a local system. */
  readonly endpoint?: string;
  /** Of a local system. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Where to look for the system. */
export interface ConnectOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data folder of a local system. @default - TENANTRY_DATA, then `.tenantry` upwards from the working directory */
  readonly data?: string;
  /** Name of a deployment. @default - TENANTRY_STAGE, then the local system */
  readonly stage?: string;
  /** AWS region of the deployment. @default - the usual AWS chain */
  readonly region?: string;
  /** Ends a call that is under way. */
  readonly signal: AbortSignal;
}

/** How an execution of a state machine ended. */
export interface ExecutionOutcome {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** The output's JSON, of a success. */
  readonly output?: unknown;
  /** The error's name and cause, of a failure. */
  readonly error?: string;
  readonly cause?: string;
}

/** A state of an execution that ended, with the time it took. */
export interface FinishedState {
  readonly name: string;
  /** Whether its last try failed, so that the execution went on elsewhere. */
  readonly hasFailed: boolean;
  readonly seconds: number;
}

/** A try of a state that failed and is made again, or leads elsewhere. */
export interface FailedTry {
  /** The error's name. */
  readonly error: string;
  readonly message: string;
}

/** What may be watched while an execution runs. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** The command that shows the rest, for somebody who interrupts. */
  readonly next: string;
  /** Called for each task state as it ends. @default - the history is not read */
  readonly onState?: (state: FinishedState) => void;
  /** Called for each failed try of a task state, where `onState` is given. @default - nobody hears of it */
  readonly onFailedTry?: (failure: FailedTry) => void;
  /** Called after each look that found the execution running. */
  readonly onRunning?: () => Promise<void>;
}

/** A running system, local or on AWS: its control functions and its state machines. */
export interface Platform {
  readonly stage: string;
  readonly region: string;
  readonly place: PlatformPlace;
  /** Where PostgreSQL itself can be reached; undefined where only the Data API leads to it. */
  readonly postgres: { readonly host: string; readonly port: number } | undefined;
  /** The result of one of the system's actions; throws `CliError`. */
  call<Action extends PlatformAction>(
    action: Action,
    input: PlatformActions[Action]['input'],
  ): Promise<PlatformActions[Action]['result']>;
  /** Waits for an execution's end. Throws `CliError` INTERRUPTED when `signal` is aborted; the execution goes on. */
  watch(executionArn: string, options: WatchOptions): Promise<ExecutionOutcome>;
  close(): void;
}
