/** PostgreSQL's table locks, weakest first, by the names that its documentation gives them. */
export const tableLocks = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;

/** One of PostgreSQL's table locks. */
export type TableLock = (typeof tableLocks)[number];

/**
 * How the time a statement takes grows: `instant` not with the table, `scan` by reading it, `rewrite` by writing it anew or by changing
 * its rows one by one.
 */
export type StatementCost = 'instant' | 'scan' | 'rewrite';

/** What a statement does to one table. */
export interface StatementEffect {
  /** Name without schema; an index's own where the statement names only that. */
  readonly table: string;
  readonly lock: TableLock;
  readonly cost: StatementCost;
}

const costs: readonly StatementCost[] = ['instant', 'scan', 'rewrite'];

/** The stronger one of two locks. */
export function strongerLock(a: TableLock, b: TableLock): TableLock {
  return tableLocks.indexOf(a) >= tableLocks.indexOf(b) ? a : b;
}

/** The higher one of two costs. */
export function higherCost(a: StatementCost, b: StatementCost): StatementCost {
  return costs.indexOf(a) >= costs.indexOf(b) ? a : b;
}

/** One effect for each table, with the strongest lock and the highest cost, strongest lock first. */
export function mergeEffects(effects: readonly StatementEffect[]): StatementEffect[] {
  const byTable = new Map<string, StatementEffect>();
  for (const effect of effects) {
    const known = byTable.get(effect.table) ?? effect;
    byTable.set(effect.table, {
      table: effect.table,
      lock: strongerLock(known.lock, effect.lock),
      cost: higherCost(known.cost, effect.cost),
    });
  }
  return [...byTable.values()].toSorted(
    (a, b) => tableLocks.indexOf(b.lock) - tableLocks.indexOf(a.lock),
  );
}
