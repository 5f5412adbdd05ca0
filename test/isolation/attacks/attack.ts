import type { Citizen } from '../citizens.ts';
import type { Place } from '../arena.ts';
import type { LimitId } from './limits.ts';

/**
 * How an attack may end: PostgreSQL refuses it; it runs and nobody else is read, changed, counted or held up; or it shows what the
 * documentation lists as a limit.
 */
export type Ending = 'refused' | 'harmless' | LimitId;

/** Something that a tenant with its own credentials, or an injection in its handler, tries against another tenant or the platform. */
export interface Attack {
  /**
   * One statement, or several in one transaction. `{victim}` stands for the schema of the tenant that is attacked, `{victim_role}`,
   * `{victim_owner}`, `{victim_database}`, `{victim_poll}` (an id) and `{marker}` (a word in its rows) for what else it has; `{self}`,
   * `{self_role}`, `{self_owner}`, `{self_poll}` for the attacker's own.
   */
  readonly sql: string | readonly string[];
  /** @default 'refused' */
  readonly ends?: Ending;
  /** Where it ends otherwise. */
  readonly endsAt?: Partial<Readonly<Record<Place, Ending>>>;
  /** SQLSTATEs that refuse it besides those that say that there is no right, or nothing of that name. */
  readonly states?: readonly string[];
  /** The one answer that it may give where it is not refused: rows, and texts in them. */
  readonly answer?: readonly (readonly string[])[];
  /** Taken back at the end, because it would hurt the attacker itself. */
  readonly isUndone?: true;
}

/** Attacks of one kind. */
export interface AttackGroup {
  readonly kind: string;
  readonly attacks: readonly Attack[];
}

/** An attack on names that are the attacker's own as well where both share tables: there it runs, and finds its own rows only. */
export function onSharedNames(attack: Attack): Attack {
  return { ...attack, endsAt: { 'table, same pool': 'harmless', ...attack.endsAt } };
}

/** An attack in a line. */
export function titleOf({ sql }: Attack): string {
  return [sql].flat().join('; ');
}

/** An attack's statements against a victim. */
export function fillIn({ sql }: Attack, self: Citizen, victim: Citizen): string[] {
  const words: Readonly<Record<string, string | undefined>> = {
    victim: victim.schema,
    victim_role: victim.role,
    victim_owner: victim.owner,
    victim_database: victim.database,
    victim_poll: victim.pollIds.at(-1),
    marker: victim.marker,
    self: self.schema,
    self_role: self.role,
    self_owner: self.owner,
    self_poll: self.pollIds[0],
  };
  const statements = typeof sql === 'string' ? [sql] : sql;
  return statements.map((text) =>
    text.replaceAll(/\{(\w+)\}/g, (all, word: string) => words[word] ?? all),
  );
}

/** Whether it names another tenant, so that it is tried against each of them. */
export function hasVictim({ sql }: Attack): boolean {
  return /\{(victim|marker)/.test([sql].flat().join());
}
