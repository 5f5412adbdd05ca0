import type { CompiledMigration } from '../compiled-migrations.ts';
import type { LedgerRow } from '../read-ledger.ts';

/** A line of a ledger that does not go with the compiled migrations. */
export interface LedgerFinding {
  readonly object: string;
  readonly difference: 'missing' | 'checksum' | 'unknown';
  readonly expected: string | null;
  readonly actual: string | null;
}

/** What a ledger says, next to the compiled migrations. */
export interface LedgerJudgement {
  readonly findings: readonly LedgerFinding[];
  /** The migrations that the schema has, in the order of the set. */
  readonly applied: readonly CompiledMigration[];
  /** Whether it has others as well, of which this build knows nothing. */
  readonly isAhead: boolean;
}

/**
 * Compares a ledger with the migrations of its scope: files that were changed after they were applied, rows without a file, and
 * migrations that were left out although a later one of their module is there. What is merely pending is no finding.
 */
export function judgeLedger(
  ledger: readonly Pick<LedgerRow, 'id' | 'checksum'>[],
  migrations: readonly CompiledMigration[],
): LedgerJudgement {
  const rows = new Map(ledger.map((row) => [row.id, row]));
  const rowOf = (migration: CompiledMigration) =>
    [migration.id, ...migration.formerly]
      .map((id) => rows.get(id))
      .find((row) => row !== undefined);
  const applied = migrations.filter((migration) => rowOf(migration) !== undefined);
  const known = new Set(migrations.flatMap(({ id, formerly }) => [id, ...formerly]));
  const unknown = ledger.filter(({ id }) => !known.has(id));
  const findings = [
    ...unknown.map(({ id }) => finding(id, 'unknown', { expected: null, actual: 'applied' })),
    ...applied.flatMap((migration) => findDrift(migration, rowOf(migration)?.checksum)),
    ...findLeftOut(migrations, applied),
  ];
  return { findings, applied, isAhead: unknown.length > 0 };
}

function findDrift(
  { id, checksum }: CompiledMigration,
  actual: string | undefined,
): LedgerFinding[] {
  if (actual === undefined || actual === checksum) return [];
  return [finding(id, 'checksum', { expected: checksum, actual })];
}

function findLeftOut(
  migrations: readonly CompiledMigration[],
  applied: readonly CompiledMigration[],
): LedgerFinding[] {
  const has = new Set(applied.map(({ id }) => id));
  return migrations.flatMap(({ id, module }, index) => {
    if (has.has(id)) return [];
    const later = migrations
      .slice(index)
      .find((other) => other.module === module && has.has(other.id));
    if (later === undefined) return [];
    return [finding(id, 'missing', { expected: `applied before ${later.id}`, actual: 'pending' })];
  });
}

function finding(
  id: string,
  difference: LedgerFinding['difference'],
  sides: Pick<LedgerFinding, 'expected' | 'actual'>,
): LedgerFinding {
  return { object: `migration ${id}`, difference, ...sides };
}
