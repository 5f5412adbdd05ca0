import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { performRun, type RunRequest, type WatchFlags } from '../runs/perform-run.ts';
import type { Session } from '../session.ts';
import { getRun } from './get-run.ts';
import { mayStart, openRunQuestion } from './run-question.ts';

/** Takes back exactly what a run applied, tenant by tenant: `tenantry migrate undo`. */
export async function undoRun(
  name: string,
  options: WatchFlags,
  session: Session,
): Promise<ExitCode> {
  const kind = { change: { kind: 'undo', run: name }, selector: { all: true } } as const;
  const usage = `tenantry migrate undo ${name} --yes`;
  const question = openRunQuestion(kind, session, usage);
  return session.withPlatform(async (platform) => {
    const { id } = await getRun(name, platform);
    const request: RunRequest = { ...kind, change: { kind: 'undo', run: id }, pace: {} };
    if (!(await mayStart(question, request, { platform, session }))) return exitCodes.ok;
    return await performRun(request, options, { platform, session });
  });
}
