import { sql } from 'kysely';
import { MigrationDriftError } from '@tenantry/tenancy';
import type { CompiledMigration } from './compiled-migrations.ts';
import { callEngine, engineSettings, type EngineWork } from './engine-call.ts';

/** Why a row is in a ledger: its statements ran, or an operator said that they had. */
export type LedgerEntryKind = 'applied' | 'marked' | 'baseline';

/** What `tenantry.apply` answers when nothing failed. */
export type ApplyAnswer =
  | {
      readonly status: 'applied';
      readonly applied: readonly string[];
      readonly version: string | null;
      /** The first pending one that has to be applied by itself. */
      readonly next?: string | null;
      readonly isNew?: boolean;
    }
  | { readonly status: 'missing'; readonly missing: readonly string[] }
  | { readonly status: 'drift'; readonly migration: string };

/** Writes a migration into the ledger without running anything; empty when it was there. Throws `MigrationDriftError`. */
export async function recordMigration<Tables>(
  work: EngineWork<Tables>,
  { id, checksum }: CompiledMigration,
  how: LedgerEntryKind = 'applied',
): Promise<readonly string[]> {
  const { schema, owner } = work.target;
  const set = {
    order: [id],
    checksums: { [id]: checksum },
    statements: { [id]: [] },
    formerly: [],
  };
  const settings = { ...engineSettings(work), how };
  const answer = await callEngine<ApplyAnswer, Tables>(
    work,
    sql`select tenantry.apply(${schema}, ${owner}, cast(${JSON.stringify(set)} as jsonb),
      cast(${JSON.stringify(settings)} as jsonb)) as answer`,
    () => ({ migration: id, statement: 0 }),
  );
  if (answer.status === 'drift') throw new MigrationDriftError(schema, id);
  return answer.status === 'applied' ? answer.applied : [];
}
