import { sql, type QueryExecutorProvider } from 'kysely';
import { sqlStateOf } from '../sql-state.ts';
import { readOnlyAttacks, type AttackPair, type ReadOnlyAttack } from './read-only-attacks.ts';

/** How an attack ended. */
export interface AttackResult {
  readonly kind: string;
  readonly name: string;
  /** PostgreSQL's code of a refusal, `nothing`, or what was read. */
  readonly outcome: string;
  /** Whether the wall held. */
  readonly hasHeld: boolean;
}

/**
 * Refusals that are PostgreSQL's answer to the attack: no right, or no such thing. A connection that broke or a time-out says nothing.
 */
const refusals = new Set(['42501', '42P01', '42883', '42704', '3F000', '22023', '28000']);

/** Tries everything that changes nothing with the attacker's own login, and judges each end. */
export async function runReadOnlyAttacks(
  attacker: QueryExecutorProvider,
  pair: Omit<AttackPair, 'tables'>,
): Promise<AttackResult[]> {
  const tables = await listOwnTables(attacker);
  const results: AttackResult[] = [];
  for (const attack of readOnlyAttacks({ ...pair, tables })) {
    results.push(await run(attacker, attack));
  }
  return results;
}

async function listOwnTables(attacker: QueryExecutorProvider): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select cast(c.relname as text) as name from pg_catalog.pg_class c
    where c.relnamespace = to_regnamespace(quote_ident((current_schemas(false))[1])) and c.relkind in ('r', 'p')
      and not c.relispartition and not starts_with(c.relname, 'tenantry_')
    order by name`.execute(attacker);
  return rows.map(({ name }) => name);
}

async function run(
  attacker: QueryExecutorProvider,
  { kind, name, sql: text, mustEnd }: ReadOnlyAttack,
): Promise<AttackResult> {
  try {
    const { rows } = await sql.raw<Record<string, unknown>>(text).execute(attacker);
    const read = rows.flatMap((row) => Object.values(row));
    const isNothing = read.every((value) => value === false || Number(value) === 0);
    const outcome = isNothing ? 'nothing' : `read ${read.length} values`;
    return { kind, name, outcome, hasHeld: mustEnd === 'nothing' && isNothing };
  } catch (error) {
    const state = sqlStateOf(error);
    const outcome = state ?? (error instanceof Error ? error.name : 'failed');
    return { kind, name, outcome, hasHeld: state !== undefined && refusals.has(state) };
  }
}
