import { setTimeout as delay } from 'node:timers/promises';
import type { RunView } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { ExecutionOutcome, Platform } from '../system/platform.ts';
import { isAtRest } from './describe-run.ts';
import { RunFeed } from './run-feed.ts';
import type { RunReporter } from './run-reporter.ts';

const shortestPauseMs = 50;
const longestPauseMs = 1000;

/** An execution of `migrate-fleet` that was just started. */
export interface StartedRun {
  readonly executionArn: string;
  readonly execution: string;
}

/** Where a run is followed, and who is told. */
export interface FollowOptions {
  readonly platform: Platform;
  readonly session: Session;
  readonly reporter: RunReporter;
}

/**
 * Follows an execution's run until it is at rest, or until `isEnough`; undefined when nothing was pending, so that there was none.
 * Throws `CliError`: RUN_FAILED when the execution broke, INTERRUPTED with the commands to watch and to cancel.
 */
export async function followStart(
  started: StartedRun,
  options: FollowOptions & { readonly isEnough?: (run: RunView) => boolean },
): Promise<RunView | undefined> {
  const { platform, session, reporter, isEnough = () => false } = options;
  const { execution, executionArn } = started;
  const feed = new RunFeed(platform, reporter);
  const enough = new AbortController();
  const pacer = new Pacer();
  const onRunning = async (): Promise<void> => {
    if (!pacer.isTime()) return;
    const run = await feed.look({ execution });
    if (run !== undefined && isEnough(run)) enough.abort();
  };
  return await withReporter(
    options,
    () => feed.run?.id ?? execution,
    async () => {
      const signal = AbortSignal.any([session.context.interrupted, enough.signal]);
      const next = `tenantry runs watch ${execution}`;
      const outcome = await platform
        .watch(executionArn, { signal, next, onRunning })
        .catch((error: unknown) => {
          if (enough.signal.aborted) return undefined;
          throw error;
        });
      if (outcome === undefined) return feed.run;
      const run = await feed.look({ execution });
      if (outcome.status !== 'SUCCEEDED' && (run === undefined || !isAtRest(run))) {
        throw brokenRun(outcome, execution, platform);
      }
      // Another execution may hold the last tenants of a run that this one joined.
      return run === undefined || isAtRest(run) ? run : await lookUntilRest(feed, run, options);
    },
  );
}

/** Follows a run wherever it was started, until it is at rest. Throws `CliError` INTERRUPTED as `followStart`. */
export async function followRun(run: RunView, options: FollowOptions): Promise<RunView> {
  const feed = new RunFeed(options.platform, options.reporter);
  return await withReporter(
    options,
    () => run.id,
    () => lookUntilRest(feed, run, options),
  );
}

async function lookUntilRest(
  feed: RunFeed,
  { id }: RunView,
  { session }: FollowOptions,
): Promise<RunView> {
  const pacer = new Pacer();
  for (;;) {
    const run = await feed.look({ run: id });
    if (run === undefined) throw runNotFound(id);
    if (isAtRest(run)) return run;
    await delay(pacer.pauseMs(), undefined, { signal: session.context.interrupted });
  }
}

async function withReporter<Result>(
  { reporter, session }: FollowOptions,
  name: () => string,
  fn: () => Promise<Result>,
): Promise<Result> {
  try {
    return await fn();
  } catch (error) {
    throw session.context.interrupted.aborted ? leftRunning(name(), error) : error;
  } finally {
    reporter.close();
  }
}

/** What Ctrl-C leaves: the run goes on, and how to come back to it or end it. */
function leftRunning(name: string, cause: unknown): CliError {
  return new CliError('INTERRUPTED', `Left running: ${name}.`, {
    exitCode: exitCodes.interrupted,
    next: [`tenantry runs watch ${name}`, `tenantry runs cancel ${name}`],
    cause,
  });
}

function brokenRun(outcome: ExecutionOutcome, execution: string, { stage }: Platform): CliError {
  return new CliError('RUN_FAILED', 'The run stopped before its end.', {
    exitCode: exitCodes.failed,
    where: `execution ${execution}, stage ${stage}`,
    why: `${outcome.error ?? outcome.status}: ${outcome.cause ?? 'no cause given'}`,
    next: [`tenantry runs show ${execution}`, 'tenantry migrate status'],
  });
}

/** No run has this id or execution name. */
export function runNotFound(name: string): CliError {
  return new CliError('RUN_NOT_FOUND', `No run "${name}".`, {
    exitCode: exitCodes.notFound,
    next: ['tenantry runs list'],
  });
}

/** Pauses that grow with the time that has passed: a short run is answered at once, a long one costs a look a second. */
class Pacer {
  readonly #startedAt = performance.now();
  #lookedAt = 0;

  pauseMs(): number {
    const passedMs = performance.now() - this.#startedAt;
    return Math.min(Math.max(passedMs / 10, shortestPauseMs), longestPauseMs);
  }

  isTime(): boolean {
    const isTime = performance.now() - this.#lookedAt >= this.pauseMs();
    if (isTime) this.#lookedAt = performance.now();
    return isTime;
  }
}
