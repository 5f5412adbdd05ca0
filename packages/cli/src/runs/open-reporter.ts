import type { Session } from '../session.ts';
import { eventLines } from './event-lines.ts';
import { eventStream } from './event-stream.ts';
import type { ProgressForm, RunReporter } from './run-reporter.ts';
import { statusLine } from './status-line.ts';

const silence: RunReporter = {
  wants: 'none',
  started: () => undefined,
  items: () => undefined,
  counts: () => undefined,
  close: () => undefined,
};

/**
 * Who tells how a run goes: as `--progress` says; else a status line at a terminal and a line a tenant everywhere else. A program gets
 * the events under `-o ndjson` and nothing before the answer under `-o json`.
 */
export function openReporter(form: ProgressForm | undefined, session: Session): RunReporter {
  if (session.format === 'ndjson') return eventStream(session);
  if (session.isMachine) return silence;
  switch (form ?? (session.context.stderr.isTTY === true ? 'bar' : 'events')) {
    case 'bar':
      return statusLine(session);
    case 'events':
      return eventLines(session, 'all');
    case 'errors-only':
      return eventLines(session, 'failed');
    case 'none':
      return silence;
  }
}
