import type { QueryExecutorProvider } from 'kysely';
import { MigrationDriftError } from '@tenantry/tenancy';
import type { MigrationTarget } from './apply-migrations.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { readLedger, type LedgerRow } from './read-ledger.ts';

/** What an application of migrations to one schema would do. */
export interface MigrationPlan {
  /** In the order in which they would be applied; their statements are those that would run. */
  readonly pending: readonly CompiledMigration[];
  readonly applied: readonly LedgerRow[];
  /** Applied migrations that this build does not know: the schema is ahead of it. */
  readonly unknown: readonly string[];
}

/** Compares a schema's ledger with `migrations` and changes nothing. Throws `MigrationDriftError` for an applied one that was changed. */
export async function planMigrations(
  migrator: QueryExecutorProvider,
  target: MigrationTarget,
  migrations: readonly CompiledMigration[],
): Promise<MigrationPlan> {
  const applied = await readLedger(migrator, target);
  const checksums = new Map(applied.map((row) => [row.id, row.checksum]));
  const drifted = migrations.find(
    ({ id, checksum }) => (checksums.get(id) ?? checksum) !== checksum,
  );
  if (drifted !== undefined) throw new MigrationDriftError(target.schema, drifted.id);
  const known = new Set(migrations.map((migration) => migration.id));
  return {
    pending: migrations.filter((migration) => !checksums.has(migration.id)),
    applied,
    unknown: applied.map((row) => row.id).filter((id) => !known.has(id)),
  };
}
