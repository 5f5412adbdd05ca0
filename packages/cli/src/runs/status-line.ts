import type { RunItemView, RunView } from '@tenantry/tenancy';
import type { Session } from '../session.ts';
import { describeItem, waveNames } from './describe-run.ts';
import type { RunReporter } from './run-reporter.ts';

const barWidth = 32;
const clearLine = '\r\u001B[2K';

/** One line at a terminal that is written again and again: wave, bar, counts, speed; above it what stays: waves that ended, failures. */
export function statusLine(session: Session, now: () => number = Date.now): RunReporter {
  const { stderr } = session.context;
  const told = new Set<number>();
  let first: { readonly at: number; readonly done: number } | undefined;
  const keep = (line: string): void => void stderr.write(`${clearLine}${line}\n`);
  const tellWaves = (run: RunView): void => {
    for (const [index, name] of waveNames(run).entries()) {
      const wave = run.waves[index];
      if (wave === undefined || wave.seconds === null || told.has(index)) continue;
      told.add(index);
      keep(formatWave(name, wave, session));
    }
  };
  return {
    wants: 'failed',
    started: () => undefined,
    items: (items: readonly RunItemView[], { change }) => {
      for (const item of items)
        keep(`  ${session.paint('red', '✕')} ${describeItem(item, change)}`);
    },
    counts: (run) => {
      first ??= { at: now(), done: doneOf(run) };
      tellWaves(run);
      const perSecond = ((doneOf(run) - first.done) * 1000) / Math.max(1, now() - first.at);
      const width = (stderr.columns ?? 80) - 1;
      stderr.write(`${clearLine}${formatStatus(run, perSecond).slice(0, width)}`);
    },
    close: () => void stderr.write(clearLine),
  };
}

/** The status line's text: `  wave 1  ━━━━────  92/111   18 running · 1 failed · 5.6 /s · 4 s left`. */
function formatStatus(run: RunView, perSecond: number): string {
  const index = run.waves.findIndex(({ seconds }) => seconds === null);
  const wave = run.waves[index];
  const name = wave === undefined ? run.status : (waveNames(run)[index] ?? '');
  const { migrated, failed, total } = wave ?? run;
  const done = migrated + failed;
  const full = total === 0 ? 0 : Math.round((done / total) * barWidth);
  const bar = '━'.repeat(full) + '─'.repeat(barWidth - full);
  const left = run.total - doneOf(run);
  const facts = [
    `${run.working} running`,
    `${run.failed} failed`,
    ...(perSecond > 0
      ? [`${perSecond.toFixed(1)} /s`, `${Math.ceil(left / perSecond)} s left`]
      : []),
  ];
  return `  ${name}  ${bar}  ${done}/${total}   ${facts.join(' · ')}`;
}

function formatWave(name: string, wave: RunView['waves'][number], { paint }: Session): string {
  const good = `${paint('green', '✓')} ${wave.migrated}`;
  const bad = wave.failed === 0 ? '' : `  ${paint('red', '✕')} ${wave.failed}`;
  return `  ${name.padEnd(8)}${`${good}${bad}`.padEnd(12)} ${(wave.seconds ?? 0).toFixed(1)} s`;
}

function doneOf({ migrated, failed, skipped }: RunView): number {
  return migrated + failed + skipped;
}
