import { sql, type QueryExecutorProvider } from 'kysely';
import type { MigrationTarget } from './apply-options.ts';
import type { LedgerEntryKind } from './record-migration.ts';

/** One applied migration, as the schema's ledger has it. */
export interface LedgerRow {
  readonly id: string;
  readonly checksum: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  readonly durationMs: number | null;
  /** The run that applied it; null where none did. */
  readonly runId: string | null;
  /** `marked` and `baseline`: an operator said that it was there, its statements did not run. */
  readonly how: LedgerEntryKind;
}

/** What was applied to a schema, oldest first; empty where nothing was. */
export async function readLedger(
  migrator: QueryExecutorProvider,
  target: Pick<MigrationTarget, 'schema' | 'owner'>,
): Promise<LedgerRow[]> {
  const result = await sql<{ ledger: LedgerRow[] | null }>`
    select tenantry.read_ledger(${target.schema}, ${target.owner}) as ledger`.execute(migrator);
  return result.rows[0]?.ledger ?? [];
}
