import type { Arena, Attacker, Place } from './arena.ts';
import type { Citizen } from './citizens.ts';
import { fillIn, hasVictim, type Attack } from './attacks/attack.ts';
import type { Way } from './roads.ts';

/** What an attack came to: a SQLSTATE or the name of a refusal, `ran`, or what it must never come to. */
export type Outcome = string;

/** What came out at each place and over each way, each different outcome once. */
export type Measured = ReadonlyMap<Place, Readonly<Record<Way, readonly Outcome[]>>>;

/** Tries an attack from every place, over all ways that lead there, against every victim. */
export async function measureAttack(
  attack: Attack,
  { attackers }: Pick<Arena, 'attackers'>,
): Promise<Measured> {
  const measured = new Map<Place, Record<Way, Outcome[]>>();
  for (const attacker of attackers) {
    const outcomes: Record<Way, Outcome[]> = { 'data-api': [], pg: [] };
    for (const way of attacker.ways) {
      const victims = hasVictim(attack) ? attacker.victims : attacker.victims.slice(0, 1);
      for (const victim of victims) {
        const outcome = await attempt(attack, { attacker, way, victim });
        if (!outcomes[way].includes(outcome)) outcomes[way].push(outcome);
      }
      outcomes[way].sort();
    }
    measured.set(attacker.place, outcomes);
  }
  return measured;
}

async function attempt(
  attack: Attack,
  by: { readonly attacker: Attacker; readonly way: Way; readonly victim: Citizen },
): Promise<Outcome> {
  const { attacker, way, victim } = by;
  const statements = fillIn(attack, attacker.tenant, victim);
  const undo = attack.isUndone === true;
  try {
    const rows = await attacker.run[way](statements, { undo });
    return judgeRows(rows, attack, victim);
  } catch (error) {
    return judgeError(error, victim, statements);
  }
}

function judgeRows(
  rows: readonly (readonly string[])[],
  { answer }: Attack,
  victim: Citizen,
): Outcome {
  const text = JSON.stringify(rows);
  if (betrays(text, victim)) return `READ ${text}`;
  const isAnswered = answer !== undefined && rows.length > 0;
  if (isAnswered && text !== JSON.stringify(answer)) return `ANSWERED ${text}`;
  return 'ran';
}

/** What an error says counts as an answer: a message with a row of another tenant in it is a leak. */
function judgeError(error: unknown, victim: Citizen, statements: readonly string[]): Outcome {
  if (!(error instanceof Error)) throw new TypeError(`not an error: ${String(error)}`);
  const { message, name } = error;
  const {
    code,
    detail = '',
    hint = '',
  } = error as Error & Partial<Record<'code' | 'detail' | 'hint', string>>;
  const said = statements.reduce(
    (text, own) => text.replaceAll(own, ''),
    `${message} ${detail} ${hint}`,
  );
  if (betrays(said, victim)) return `READ ${said}`;
  const state = code ?? /SQLState: ([0-9A-Z]{5})/.exec(message)?.[1];
  if (state !== undefined && /^[0-9A-Z]{5}$/.test(state)) return state;
  return name === 'Error' ? message : name;
}

function betrays(text: string, { marker, slug, name, password }: Citizen): boolean {
  return [marker, slug, name, password].some((secret) => text.includes(secret));
}
