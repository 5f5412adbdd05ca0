import type { MigrationRisk, TenantPlanView } from '@tenantry/tenancy';

type PlannedMigration = TenantPlanView['migrations'][number];
type PlannedStatement = PlannedMigration['statements'][number];
type PlannedEffect = PlannedStatement['effects'][number];

/** Below this many rows nothing takes long enough to be felt. */
const manyRows = 1000;

const blocking = new Set(['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE']);

/** What a planned migration does to the requests of one tenant, by the rows that its tables really have. */
export function findPlanRisks(
  migration: Omit<PlannedMigration, 'risks'>,
  file: string,
): MigrationRisk[] {
  if (migration.form !== 'transaction') return [];
  const risks: MigrationRisk[] = [];
  let held: { readonly effect: PlannedEffect; readonly number: number } | undefined;
  for (const [index, statement] of migration.statements.entries()) {
    const long = statement.effects.find(isLong);
    const strong = statement.effects.find(isBlocking);
    const place = {
      migration: migration.id,
      file,
      line: statement.line,
      severity: 'warning',
    } as const;
    if (long !== undefined && held !== undefined) {
      risks.push({ ...place, ...lockThenRewrite(long, held) });
    } else if (long !== undefined && isBlocking(long)) {
      risks.push({ ...place, ...longLock(long) });
    }
    held ??= strong && { effect: strong, number: index + 1 };
  }
  return risks;
}

/** A table that is not there yet has no rows and nobody who waits. */
function isBlocking({ lock, rows }: PlannedEffect): boolean {
  return blocking.has(lock) && rows !== null;
}

function isLong({ cost, rows }: PlannedEffect): boolean {
  return cost !== 'instant' && (rows ?? 0) >= manyRows;
}

function lockThenRewrite(
  { table, rows }: PlannedEffect,
  held: { readonly effect: PlannedEffect; readonly number: number },
): Pick<MigrationRisk, 'rule' | 'message' | 'advice'> {
  return {
    rule: 'lock-then-rewrite',
    message: `goes through ${rows} rows of ${table} while statement ${held.number}'s lock on ${held.effect.table} (${held.effect.lock}) is held`,
    advice: 'split the file: the short statements first, the long one in a migration of its own',
  };
}

function longLock({
  table,
  rows,
  lock,
}: PlannedEffect): Pick<MigrationRisk, 'rule' | 'message' | 'advice'> {
  return {
    rule: 'long-lock',
    message: `goes through ${rows} rows of ${table} and holds ${lock} on it all that time`,
    advice:
      'do it without the lock: an index CONCURRENTLY, a constraint NOT VALID and validated later, a new column that is filled in batches',
  };
}
