import { TenancyError } from './errors.ts';
import type { LeftOutTarget } from './targets.ts';

/** Nothing says which tenants are meant; that never means all of them. */
export class NoTargetsSelectedError extends TenancyError {
  override readonly name = 'NoTargetsSelectedError';
  readonly code = 'NO_TARGETS_SELECTED';

  constructor() {
    super(
      'No tenants selected: name them, or say --all, --behind, --where, --failed-in or --sample.',
      {
        next: 'tenantry targets --all',
      },
    );
  }
}

/** Every tenant that was named is in a state in which nothing can be done to it; `leftOut` says why. */
export class TargetsLeftOutError extends TenancyError {
  override readonly name = 'TargetsLeftOutError';
  readonly code = 'TARGETS_LEFT_OUT';
  readonly leftOut: readonly LeftOutTarget[];

  constructor(leftOut: readonly LeftOutTarget[]) {
    const next = leftOut.find((target) => target.next !== undefined)?.next;
    const reasons = leftOut.map(({ name, reason }) => `"${name}" ${reason}`).join('; ');
    super(`Nothing to work on: ${reasons}.`, next === undefined ? {} : { next });
    this.leftOut = leftOut;
  }
}

/** A run that is over takes no command. */
export class RunClosedError extends TenancyError {
  override readonly name = 'RunClosedError';
  readonly code = 'RUN_CLOSED';
  readonly runId: string;
  readonly status: string;

  constructor(runId: string, status: string, command: string) {
    super(`Run ${runId} is ${status}: it cannot be told to ${command}.`, {
      next: status === 'failed' ? `tenantry migrate retry ${runId}` : `tenantry runs show ${runId}`,
    });
    this.runId = runId;
    this.status = status;
  }
}

/** The migrations are no longer those of the run that is to be tried again or to go on; `changed` names the ones that differ. */
export class RunMigrationsChangedError extends TenancyError {
  override readonly name = 'RunMigrationsChangedError';
  readonly code = 'RUN_MIGRATIONS_CHANGED';
  readonly runId: string;
  readonly changed: readonly string[];

  constructor(runId: string, changed: readonly string[], next: string) {
    super(`The migrations have changed since run ${runId}: ${changed.join(', ')}.`, { next });
    this.runId = runId;
    this.changed = changed;
  }
}

/** No run has this id. */
export class RunNotFoundError extends TenancyError {
  override readonly name = 'RunNotFoundError';
  readonly code = 'RUN_NOT_FOUND';
  readonly runId: string;

  constructor(runId: string) {
    super(`No run "${runId}".`, { next: 'tenantry migrate status' });
    this.runId = runId;
  }
}
