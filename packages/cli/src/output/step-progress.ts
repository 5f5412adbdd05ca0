import type { FinishedState, WatchOptions } from '../system/platform.ts';
import type { Session } from '../session.ts';

/** What each step of a workflow gives, in an operator's words. */
const stepWords: Readonly<Record<string, string>> = {
  reserve: 'slug and domain reserved',
  'store-secret': 'secret stored',
  launch: 'own cluster and application asked for',
  'await-launch': 'own cluster and application made',
  remove: 'own cluster and application gone',
  provision: 'place for its data, and roles',
  migrate: 'migrations applied',
  seed: 'seeds planted',
  verify: 'check: signs in, reads, sees no other tenant',
  activate: 'domain routed',
  suspend: 'sign-in closed',
  close: 'sign-in closed, sessions ended',
  'forget-routes': 'no function leads to it any more',
  'finish-suspend': 'suspended',
  open: 'rights given back',
  'finish-resume': 'domains routed',
  drop: 'data and roles dropped',
  'clear-cache': 'cache cleared',
  'delete-secret': 'secret deleted',
  'finish-delete': 'domains released',
  'mark-failed': 'marked as failed',
};

/** Tries that fail because CloudFormation is not done: it takes minutes, and says at what it is. */
const waits = new Set(['ApplicationLaunchingError', 'ApplicationRemovingError']);

/** Writes a line for each step of a workflow that ended (its number, what it gave, its time), and for what a long one waits for. */
export function showSteps(
  steps: readonly string[],
  session: Session,
): Required<Pick<WatchOptions, 'onState' | 'onFailedTry'>> {
  let waitedFor = '';
  const onFailedTry: WatchOptions['onFailedTry'] = ({ error, message }) => {
    if (!waits.has(error) || message === waitedFor) return;
    waitedFor = message;
    session.say(`… ${message}`);
  };
  const onState = ({ name, seconds, hasFailed }: FinishedState): void => {
    const number = steps.indexOf(name) + 1;
    const place = number === 0 ? '–' : `${number}/${steps.length}`;
    const words = stepWords[name] ?? name;
    const sign = hasFailed ? session.paint('red', '✕') : session.paint('green', '✓');
    const result = hasFailed ? `${words}: failed` : words;
    session.say(`${sign} ${place.padEnd(3)} ${result.padEnd(52)} ${seconds.toFixed(1)} s`);
  };
  return { onState, onFailedTry };
}
