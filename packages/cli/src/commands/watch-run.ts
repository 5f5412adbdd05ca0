import type { ExitCode } from '../exit-codes.ts';
import { describeChange } from '../runs/describe-run.ts';
import { followRun } from '../runs/follow-run.ts';
import { openReporter } from '../runs/open-reporter.ts';
import { reportRun } from '../runs/report-run.ts';
import type { ProgressForm } from '../runs/run-reporter.ts';
import type { Session } from '../session.ts';
import { getRun } from './get-run.ts';

/** What the flags of `runs watch` say. */
export interface WatchRunOptions {
  readonly progress?: ProgressForm | undefined;
}

/** Shows the rest of a run, wherever it was started, and ends as it does: `tenantry runs watch`. */
export async function watchRun(
  name: string,
  options: WatchRunOptions,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const run = await getRun(name, platform);
    const place = `${platform.stage} · ${platform.region}`;
    const wait = run.status === 'scheduled' ? ` · starts ${run.startAt ?? 'later'}` : '';
    session.say(`${place} · ${run.id} · ${describeChange(run.change)}${wait}`);
    const reporter = openReporter(options.progress, session);
    return reportRun(await followRun(run, { platform, session, reporter }), session);
  });
}
