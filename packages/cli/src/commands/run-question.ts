import { ask, assertAnswerable, type Question } from '../ask.ts';
import { formatRunPlan } from '../output/format-run-plan.ts';
import { namedTenantsOf, type RunRequest } from '../runs/perform-run.ts';
import { isOneTenant } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { getRunPlan } from './get-run-plan.ts';

/** A run that wants a yes before it starts, and the command that says it. */
export interface RunQuestion {
  readonly isNeeded: boolean;
  /** The command with `--yes`. */
  readonly usage: string;
}

/**
 * Whether a run is asked about: one that takes something back always is, one that brings a single named tenant up is not. Throws
 * `CliError` INPUT_NEEDED at once where nobody can be asked and `--yes` was not said.
 */
export function openRunQuestion(
  { selector, change }: Pick<RunRequest, 'selector' | 'change'>,
  session: Session,
  usage: string,
): RunQuestion {
  const isHarmless = change.kind === 'up' && isOneTenant(selector);
  const isNeeded = !session.isYes && !isHarmless;
  if (isNeeded) assertAnswerable([toQuestion('Start it?')], session.terminal, usage);
  return { isNeeded, usage };
}

/** Shows what a run would do and asks whether to start it; true when it is to be started. */
export async function mayStart(
  question: RunQuestion,
  request: RunRequest,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<boolean> {
  const { platform, session } = at;
  const isShown =
    !session.isMachine && !(request.change.kind === 'up' && isOneTenant(request.selector));
  if (isShown || question.isNeeded) {
    const { plan } = await getRunPlan(request, namedTenantsOf(request), at);
    const text = formatRunPlan(plan, request.change);
    session.say(`${platform.stage} · ${platform.region}\n\n${text}\n`);
  }
  if (!question.isNeeded) return true;
  const answers = await ask([toQuestion('Start it?')], session.terminal, question.usage);
  if (answers['isConfirmed'] !== true) session.say('Nothing was started.');
  return answers['isConfirmed'] === true;
}

function toQuestion(message: string): Question {
  return { kind: 'confirm', name: 'isConfirmed', flag: '--yes', message, isRequired: true };
}
