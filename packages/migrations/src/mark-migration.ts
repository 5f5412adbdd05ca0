import type { Kysely } from 'kysely';
import type { MigrationTarget } from './apply-options.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { readLedger } from './read-ledger.ts';
import { recordMigration, type LedgerEntryKind } from './record-migration.ts';
import { revertTogether } from './revert-migrations.ts';

/**
 * Records a migration as applied, or as pending, and runs nothing of it. Whether the schema's objects agree is for the caller to check.
 * Throws `MigrationDriftError` when the ledger has it with another checksum.
 */
// oxlint-disable-next-line max-params -- three, and options
export async function markMigration<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  migration: CompiledMigration,
  mark: {
    readonly as: 'applied' | 'pending';
    /** How the ledger says that it got there. @default 'marked' */
    readonly how?: Exclude<LedgerEntryKind, 'applied'>;
    readonly runId?: string;
  },
): Promise<{ readonly version: string | null }> {
  const options = mark.runId === undefined ? {} : { runId: mark.runId };
  const work = { migrator, target, options };
  if (mark.as === 'pending') {
    const { version } = await revertTogether(work, [{ ...migration, down: [] }], { isMark: true });
    return { version };
  }
  await recordMigration(work, migration, mark.how ?? 'marked');
  const ledger = await readLedger(migrator, target);
  return { version: ledger.at(-1)?.id ?? null };
}
