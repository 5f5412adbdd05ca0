import type { TargetSelector } from './targets.ts';

/** What a run does to each of its tenants. */
export type RunChange =
  | {
      readonly kind: 'up';
      /** Id of the last migration to apply. @default - the newest */
      readonly to?: string;
      /** Only this module's migrations, and what they depend on. @default - all modules */
      readonly module?: string;
    }
  | {
      readonly kind: 'down';
      /** Id of the migration that stays as the last one; null takes all back. One of `to` and `steps`. */
      readonly to?: string | null;
      /** So many migrations back, counted in the tenant's own ledger. */
      readonly steps?: number;
      readonly module?: string;
    }
  | {
      readonly kind: 'undo';
      /** Takes back exactly what this run applied, tenant by tenant. */
      readonly run: string;
    };

/** How fast and how carefully a run goes. */
export interface RunPace {
  /** So many tenants first, picked by the run (smallest, most rows, oldest version, then at random), or these. @default 1 */
  readonly canary?: number | readonly string[];
  /** Growing shares of all after the canary, in percent; the last is 100. @default [10, 100] */
  readonly waves?: readonly number[];
  /** Tenants at work at once, on each cluster. @default 16 */
  readonly concurrency?: number;
  /** Failures a run bears before it halts at the end of a wave, as a number or as a share like `2%`. @default 0 */
  readonly maxFailures?: number | string;
  /** `continue` goes through all waves whatever fails. @default 'stop' */
  readonly onError?: 'stop' | 'continue';
  /** @default 0 */
  readonly pauseBetweenTenantsSeconds?: number;
  /** @default 0 */
  readonly pauseBetweenWavesSeconds?: number;
  /** ISO 8601; the run waits until then. @default - at once */
  readonly startAt?: string;
  /** After so long without a sign of a worker, its tenants are taken by others. @default 60 */
  readonly leaseSeconds?: number;
}

/** The input of the workflow `migrate-fleet`. */
export interface MigrateFleetRequest {
  /** Hash of the compiled migrations the run works with; a function with other migrations refuses the run. */
  readonly hash: string;
  readonly selector: TargetSelector;
  readonly change: RunChange;
  readonly pace: RunPace;
  /** Asks the tenants' own ledgers whom the run is for, and sets the catalog right. @default - only those of tenants that are named */
  readonly verify?: true;
  /** `deploy` for the custom resource, `operator` for the command line. */
  readonly reason: 'deploy' | 'operator';
  readonly actor: string;
  /** The run whose failed tenants this one tries again. */
  readonly retryOf?: string;
  /** A paused run that goes on; selector, change and pace are then those of the run. */
  readonly runId?: string;
}

/** One of the workers of a wave: it takes tenants of its cluster from the run until none is left. */
export interface RunWorker {
  readonly cluster: string;
  readonly number: number;
}

/** The state of `migrate-fleet` after `start-run`: a run to work on now or, with `wait`, to start again then; or nothing to do. */
export interface StartRunResult {
  readonly runId: string;
  readonly decision: 'go' | 'wait' | 'nothing';
  /** ISO 8601; with `wait`. */
  readonly startAt?: string;
}

/** The state after `next-wave`: workers for a wave, a time to wait, or the end. Its size does not depend on the number of tenants. */
export interface NextWaveResult {
  readonly runId: string;
  readonly decision: 'go' | 'wait' | 'done';
  readonly wave: number;
  readonly workers: readonly RunWorker[];
  /** With `wait`: until the pause between waves is over. */
  readonly seconds?: number;
}

/** The input of one worker. */
export interface MigrateTenantsInput {
  readonly runId: string;
  readonly wave: number;
  readonly worker: RunWorker;
}

/** The state after `judge-wave`: go on, or end. */
export interface JudgeWaveResult {
  readonly runId: string;
  readonly decision: 'continue' | 'halt';
}

/** Where a run is: a `paused` one has no execution at work. */
export type RunStatus = 'scheduled' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';

/** The output of `migrate-fleet`: small, whatever the number of tenants. */
export interface FleetRunResult {
  readonly runId: string | null;
  readonly status: RunStatus;
  readonly total: number;
  readonly migrated: number;
  readonly failed: number;
}
