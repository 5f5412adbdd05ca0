import type { RunChange, TargetSelector } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { parsePace, type PaceFlags } from '../pace-flags.ts';
import { performRun, type WatchFlags } from '../runs/perform-run.ts';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { createMissing } from './create-missing.ts';
import { findMigration } from './find-migration.ts';
import { mayStart, openRunQuestion } from './run-question.ts';
import { showPlan } from './show-plan.ts';

/** What the flags of `migrate up` say besides who is meant. */
export interface MigrateUpOptions extends PaceFlags, WatchFlags, VerifyFlag {
  readonly to?: string | undefined;
  readonly module?: string | undefined;
  /** First provision selected tenants that are only recorded. */
  readonly createMissing?: true | undefined;
  /** Show what would run, and run nothing. */
  readonly plan?: true | undefined;
  /** With `plan`: end with 3 when something would run. */
  readonly exitCode?: true | undefined;
}

/** Brings the selected tenants up: `tenantry migrate up`. */
export async function migrateUp(
  selector: TargetSelector,
  options: MigrateUpOptions,
  session: Session,
): Promise<ExitCode> {
  const pace = parsePace(options, new Date());
  const usage = 'tenantry migrate up --all --yes';
  const isPlan = options.plan === true;
  const kind = { change: { kind: 'up' }, selector } as const;
  const question = isPlan ? undefined : openRunQuestion(kind, session, usage);
  return session.withPlatform(async (platform) => {
    const { verify } = options;
    const change = await toChange(options, platform);
    const request = { selector, pace, change, ...(verify && { verify }) };
    if (question === undefined) return await showPlan(request, options, { platform, session });
    if (!(await mayStart(question, request, { platform, session }))) return exitCodes.ok;
    if (options.createMissing === true) await createMissing(selector, platform, session);
    return await performRun(request, options, { platform, session });
  });
}

async function toChange({ to, module }: MigrateUpOptions, platform: Platform): Promise<RunChange> {
  return {
    kind: 'up',
    ...(to === undefined ? {} : { to: await findMigration(to, platform) }),
    ...(module === undefined ? {} : { module }),
  };
}
