import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { summarizeRun } from '../runs/describe-run.ts';
import { followStart } from '../runs/follow-run.ts';
import { openReporter } from '../runs/open-reporter.ts';
import type { WatchFlags } from '../runs/perform-run.ts';
import { reportRun } from '../runs/report-run.ts';
import type { Session } from '../session.ts';
import { getRun } from './get-run.ts';

/** What becomes of a run, and which one. */
export interface RunCommand {
  readonly name: string;
  readonly command: 'pause' | 'resume' | 'cancel';
}

const effects = {
  pause: 'pauses: tenants at work are finished, no further one begins',
  resume: 'goes on',
  cancel: 'is cancelled: tenants at work are finished, the rest is left alone',
} as const;

/** Pauses a run, lets it go on, or ends it: `tenantry runs pause|resume|cancel`. A resumed run is watched to its end. */
export async function controlRun(
  { name, command }: RunCommand,
  flags: WatchFlags,
  session: Session,
): Promise<ExitCode> {
  const { actor } = session.context;
  return session.withPlatform(async (platform) => {
    const { id } = await getRun(name, platform);
    const answer = await platform.call('control-run', { run: id, command, actor });
    const { run, executionArn } = answer;
    session.say(`${id} ${effects[command]}`);
    if (executionArn === null || flags.detach === true) {
      if (session.isMachine) session.printJson({ run });
      else session.print(summarizeRun(run));
      return exitCodes.ok;
    }
    const reporter = openReporter(flags.progress, session);
    const execution = executionArn.slice(executionArn.lastIndexOf(':') + 1);
    const started = { executionArn, execution };
    const end = await followStart(started, { platform, session, reporter });
    return reportRun(end ?? run, session);
  });
}
