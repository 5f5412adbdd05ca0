import type { RunPace } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { performRun, type RunRequest, type WatchFlags } from '../runs/perform-run.ts';
import type { Session } from '../session.ts';
import { getRun } from './get-run.ts';
import { listTargets } from './list-targets.ts';

/** What the flags of `migrate retry` say. */
export interface RetryRunOptions extends WatchFlags {
  /** Migrations whose files may have changed since. */
  readonly withChanges?: readonly string[] | undefined;
  readonly dryRun?: true | undefined;
}

/** Tries a run again for the tenants that failed in it: `tenantry migrate retry`. */
export async function retryRun(
  name: string,
  options: RetryRunOptions,
  session: Session,
): Promise<ExitCode> {
  if (options.dryRun === true) return await listFailed(name, session);
  return session.withPlatform(async (platform) => {
    const { id, change, pace, failed } = await getRun(name, platform);
    if (failed === 0) {
      if (session.isMachine) session.printJson({ run: null });
      else session.print(`Nobody failed in ${id}.`);
      return exitCodes.ok;
    }
    const { withChanges } = options;
    const request: RunRequest = {
      selector: { failedIn: id },
      change,
      pace: paceOfRetry(pace),
      retryOf: id,
      ...(withChanges === undefined ? {} : { withChanges }),
    };
    return await performRun(request, options, { platform, session });
  });
}

async function listFailed(name: string, session: Session): Promise<ExitCode> {
  const { id } = await session.withPlatform(async (platform) => await getRun(name, platform));
  return await listTargets({ failedIn: id }, {}, session);
}

/** Those that failed all go at once, without a canary: each one is tried, whatever becomes of the others. */
function paceOfRetry({ concurrency, pauseBetweenTenantsSeconds }: RunPace): RunPace {
  return {
    canary: 0,
    waves: [100],
    onError: 'continue',
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(pauseBetweenTenantsSeconds === undefined ? {} : { pauseBetweenTenantsSeconds }),
  };
}
