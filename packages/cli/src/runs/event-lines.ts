import type { Session } from '../session.ts';
import { describeItem } from './describe-run.ts';
import type { RunReporter } from './run-reporter.ts';

/** A line on standard error for each tenant that is done, or for each one that failed. */
export function eventLines(session: Session, wants: 'all' | 'failed'): RunReporter {
  return {
    wants,
    started: () => undefined,
    items: (items, { change }) => {
      for (const item of items) {
        const sign =
          item.status === 'failed' ? session.paint('red', '✕') : session.paint('green', '✓');
        session.say(`  ${sign} ${describeItem(item, change)}`);
      }
    },
    counts: () => undefined,
    close: () => undefined,
  };
}
