import type { RunChange, TargetSelector } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { parseNumber, parsePace, type PaceFlags } from '../pace-flags.ts';
import { performRun, type WatchFlags } from '../runs/perform-run.ts';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { findMigration } from './find-migration.ts';
import { mayStart, openRunQuestion } from './run-question.ts';
import { showPlan } from './show-plan.ts';

/** What the flags of `migrate down` say besides who is meant. */
export interface MigrateDownOptions extends PaceFlags, WatchFlags, VerifyFlag {
  /** The migration that stays as the last one, or `zero`. */
  readonly to?: string | undefined;
  readonly steps?: string | undefined;
  readonly module?: string | undefined;
  readonly plan?: true | undefined;
  readonly exitCode?: true | undefined;
}

/** Takes migrations back in the selected tenants: `tenantry migrate down`. */
export async function migrateDown(
  selector: TargetSelector,
  options: MigrateDownOptions,
  session: Session,
): Promise<ExitCode> {
  const pace = parsePace(options, new Date());
  const steps = readSteps(options);
  const usage = 'tenantry migrate down acme --steps 1 --yes';
  const kind = { change: { kind: 'down' }, selector } as const;
  const question = options.plan === true ? undefined : openRunQuestion(kind, session, usage);
  return session.withPlatform(async (platform) => {
    const change = await toChange(options, steps, platform);
    const { verify } = options;
    const request = { selector, pace, change, ...(verify && { verify }) };
    if (question === undefined) return await showPlan(request, options, { platform, session });
    if (!(await mayStart(question, request, { platform, session }))) return exitCodes.ok;
    return await performRun(request, options, { platform, session });
  });
}

function readSteps({ to, steps }: MigrateDownOptions): number | undefined {
  if ((to === undefined) === (steps === undefined)) {
    throw new CliError('USAGE', 'Say how far back: either --to or --steps.', {
      exitCode: exitCodes.usage,
      missing: ['--to ID|zero', '--steps N'],
      next: ['tenantry migrate down acme --steps 1', 'tenantry migrate down acme --to zero'],
    });
  }
  return steps === undefined ? undefined : parseNumber('--steps', steps, 1);
}

async function toChange(
  { to, module }: MigrateDownOptions,
  steps: number | undefined,
  platform: Platform,
): Promise<RunChange> {
  return {
    kind: 'down',
    ...(to === undefined ? {} : { to: to === 'zero' ? null : await findMigration(to, platform) }),
    ...(steps === undefined ? {} : { steps }),
    ...(module === undefined ? {} : { module }),
  };
}
