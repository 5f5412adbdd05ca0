import { sql, type QueryExecutorProvider } from 'kysely';
import type { MigrationTarget } from './apply-migrations.ts';

/** One applied migration, as the schema's ledger has it. */
export interface LedgerRow {
  readonly id: string;
  readonly checksum: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  readonly durationMs: number | null;
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
