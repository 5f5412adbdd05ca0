import type { ControlActions, RunView } from '@tenantry/tenancy';
import { formatLeftOut } from '../commands/list-targets.ts';
import { withSuggestion, type NamedTenants } from '../commands/get-tenant.ts';
import { sayCorrected } from '../commands/verify-versions.ts';
import { countOf } from '../output/count-of.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { describeChange } from './describe-run.ts';
import { followStart } from './follow-run.ts';
import { openReporter } from './open-reporter.ts';
import { reportRun } from './report-run.ts';
import type { ProgressForm } from './run-reporter.ts';

/** What the flags of every command that starts a run say about watching it. */
export interface WatchFlags {
  /** Do not wait for the run's end. */
  readonly detach?: true | undefined;
  readonly progress?: ProgressForm | undefined;
}

/** A run to start. */
export type RunRequest = Omit<ControlActions['start-run']['input'], 'actor'>;

/** Starts a run and shows how it goes until it is at rest; a detached or scheduled one until it is known. */
export async function performRun(
  request: RunRequest,
  flags: WatchFlags,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<ExitCode> {
  const { platform, session } = at;
  const { actor } = session.context;
  const started = await withSuggestion(namedTenantsOf(request), platform, () =>
    platform.call('start-run', { ...request, actor }),
  );
  session.say(
    `${platform.stage} · ${platform.region} · ${describeChange(request.change)} · ${started.execution}` +
      (flags.detach === true ? '' : ' · Ctrl-C leaves it running'),
  );
  const reporter = openReporter(flags.detach === true ? 'none' : flags.progress, session);
  const isEnough = (run: RunView): boolean => flags.detach === true || run.status === 'scheduled';
  const run = await followStart(started, { ...at, reporter, isEnough });
  sayCorrected(run?.corrected ?? [], session);
  if (run === undefined || hasNothingToDo(run, request)) return reportNothing(run, session);
  return isEnough(run) ? reportLeft(run, session) : reportRun(run, session);
}

/** The tenants that a run names, and what to type with a better name for one that does not exist. */
export function namedTenantsOf({ selector, change }: RunRequest): NamedTenants {
  return {
    references: selector.tenants ?? [],
    retry: (slug) =>
      change.kind === 'up' ? `tenantry migrate up ${slug}` : `tenantry targets ${slug}`,
  };
}

/** A run over static schemas has no tenants and yet work. */
function hasNothingToDo({ total, status }: RunView, { selector }: RunRequest): boolean {
  return total === 0 && status === 'succeeded' && selector.scopes === undefined;
}

function reportNothing(run: RunView | undefined, session: Session): ExitCode {
  const nothing = { status: 'succeeded', done: 0, failed: 0, skipped: 0, ms: 0 };
  if (session.format === 'json') session.printJson({ run: run ?? null });
  else if (session.format === 'ndjson')
    session.printJson({ type: 'run.finished', run: run?.id ?? null, ...nothing });
  else session.print('Nothing is pending.');
  if (run !== undefined && run.leftOut.length > 0) session.say(formatLeftOut(run.leftOut));
  return exitCodes.ok;
}

/** A run that goes on without us, or has yet to begin. */
function reportLeft(run: RunView, session: Session): ExitCode {
  if (session.format === 'json') session.printJson({ run });
  if (session.isMachine) return exitCodes.ok;
  const { id, status, startAt, total } = run;
  session.print(
    status === 'scheduled' && startAt !== null
      ? `${id}  scheduled: starts ${startAt} (${new Date(startAt).toLocaleString()} here) and picks its tenants then`
      : `${id}  ${status}: ${countOf(total, 'tenant')}`,
  );
  session.say(`  do  tenantry runs watch ${id}\n      tenantry runs cancel ${id}`);
  return exitCodes.ok;
}
