import type { FinishedState } from '../system/platform.ts';
import type { Session } from '../session.ts';

/** What each step of a workflow gives, in an operator's words. */
const stepWords: Readonly<Record<string, string>> = {
  reserve: 'slug and domain reserved',
  'store-secret': 'secret stored',
  provision: 'place for its data, and roles',
  migrate: 'migrations applied',
  seed: 'seeds planted',
  verify: 'check: signs in, reads, sees no other tenant',
  activate: 'domain routed',
  suspend: 'sign-in closed',
  drop: 'data and roles dropped',
  'clear-cache': 'cache cleared',
  'delete-secret': 'secret deleted',
  'finish-delete': 'domains released',
  'mark-failed': 'marked as failed',
};

/** Writes a line for each step of a workflow that ended: its number, what it gave, its time. */
export function showSteps(
  steps: readonly string[],
  session: Session,
): (state: FinishedState) => void {
  return ({ name, seconds, hasFailed }) => {
    const number = steps.indexOf(name) + 1;
    const place = number === 0 ? '–' : `${number}/${steps.length}`;
    const words = stepWords[name] ?? name;
    const sign = hasFailed ? session.paint('red', '✕') : session.paint('green', '✓');
    const result = hasFailed ? `${words}: failed` : words;
    session.say(`${sign} ${place.padEnd(3)} ${result.padEnd(52)} ${seconds.toFixed(1)} s`);
  };
}
