import type { Attack, Ending } from './attacks/attack.ts';
import type { Measured, Outcome } from './measure-attack.ts';
import type { Place } from './arena.ts';

/** How an attack must end at a place. */
export function endingOf(attack: Attack, place: Place): Ending {
  return attack.endsAt?.[place] ?? attack.ends ?? 'refused';
}

/** Each cell in which an attack did not end as it must, as a sentence. */
export function findBroken(attack: Attack, measured: Measured): string[] {
  return [...measured].flatMap(([place, byWay]) => {
    const ending = endingOf(attack, place);
    return Object.entries(byWay).flatMap(([way, outcomes]) =>
      outcomes
        .filter(
          (outcome) => !isRefusal(outcome, attack) && !(outcome === 'ran' && ending !== 'refused'),
        )
        .map((outcome) => `${place} over ${way}: ${outcome} instead of ${ending}`),
    );
  });
}

/** A refusal is within every promise; an attack that is merely misspelt is no refusal. */
function isRefusal(outcome: Outcome, { states = [] }: Attack): boolean {
  return refusals.has(outcome) || states.includes(outcome);
}

/** By PostgreSQL: no right, or nothing of that name here. By the Data API: not carried, whoever asks. */
const refusals = new Set([
  '42501',
  '3F000',
  '42P01',
  '42704',
  '3D000',
  'UnsupportedResultException',
]);
