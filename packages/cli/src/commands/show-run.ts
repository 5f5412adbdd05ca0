import type { RunView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeChange, waveNames } from '../runs/describe-run.ts';
import { reportRun } from '../runs/report-run.ts';
import type { Session } from '../session.ts';
import { getRun } from './get-run.ts';
import { formatLeftOut } from './list-targets.ts';

/** Shows one run with its waves and failures: `tenantry runs show`. Ends with 0 however the run ended. */
export async function showRun(name: string, session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const run = await getRun(name, platform);
    if (!session.isMachine) session.print(`${formatRun(run)}\n`);
    reportRun(run, session);
    return exitCodes.ok;
  });
}

function formatRun(run: RunView): string {
  const facts = [
    ['what', describeChange(run.change)],
    ['by', `${run.actor} (${run.reason})`],
    ...(run.startAt === null ? [] : [['planned', run.startAt]]),
    ['started', run.startedAt],
    ...(run.endedAt === null ? [] : [['ended', run.endedAt]]),
    ...(run.retryOf === null ? [] : [['retry of', run.retryOf]]),
    ...waveNames(run).map((name, index) => [name, formatWave(run.waves[index])]),
    ['running', String(run.working)],
  ];
  const lines = facts.map(([key = '', value = '']) => `  ${key.padEnd(9)} ${value}`);
  const leftOut = run.leftOut.length === 0 ? [] : [formatLeftOut(run.leftOut)];
  return [`${run.id} · ${run.status}`, ...lines, ...leftOut].join('\n');
}

function formatWave(wave: RunView['waves'][number] | undefined): string {
  if (wave === undefined) return '';
  const { total, migrated, failed, seconds, tenants = [] } = wave;
  const who = tenants.length === 0 ? '' : ` (${tenants.join(', ')})`;
  const time = seconds === null ? '' : ` in ${seconds.toFixed(1)} s`;
  return `${migrated + failed} of ${total} done, ${failed} failed${time}${who}`;
}
