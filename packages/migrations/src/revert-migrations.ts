import { sql, type Kysely } from 'kysely';
import { MigrationConflictError, MigrationNotReversibleError } from '@tenantry/tenancy';
import type { ApplyOptions, MigrationTarget } from './apply-options.ts';
import { perTenantNumbers } from './apply-request.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { callEngine, engineSettings, type EngineWork } from './engine-call.ts';
import { locateIn } from './locate-statement.ts';
import { loadProgram } from './migration-program.ts';
import { readLedger } from './read-ledger.ts';
import { changeIndexes } from './run-concurrently.ts';
import { inTransaction, runDirection } from './run-program.ts';

/** What one call took back. */
export interface RevertResult {
  /** Ids in the order in which they were taken back; those that were not applied are left out. */
  readonly reverted: readonly string[];
  /** Last migration that the schema's ledger still has; null for none. */
  readonly version: string | null;
}

type RevertAnswer =
  | ({ readonly status: 'reverted' } & RevertResult)
  | { readonly status: 'conflict'; readonly migration: string };

/**
 * Takes migrations back, last first, with their rows in the ledger: all in one transaction, as long as none has a form of its own.
 * `migrations` are given oldest first. Throws `MigrationNotReversibleError`, `MigrationConflictError` when a later migration of the
 * module stays, and `MigrationFailedError`; the transaction is then rolled back.
 */
// oxlint-disable-next-line max-params -- three, and options
export async function revertMigrations<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  migrations: readonly CompiledMigration[],
  options: ApplyOptions = {},
): Promise<RevertResult> {
  for (const { id, down } of migrations) {
    if (down === null) throw new MigrationNotReversibleError(id, 'its file gives no way back');
  }
  const work = { migrator, target, options };
  const reverted: string[] = [];
  let version: string | null = null;
  for (const part of partByForm(work, migrations.toReversed())) {
    const result = await revertPart(work, part);
    reverted.push(...result.reverted);
    version = result.version;
  }
  if (migrations.length > 0) return { reverted, version };
  const ledger = await readLedger(migrator, target);
  return { reverted, version: ledger.at(-1)?.id ?? null };
}

/** Neighbours that share a transaction together, each of another form by itself. */
function partByForm<Tables>(
  { migrator }: EngineWork<Tables>,
  migrations: readonly CompiledMigration[],
): CompiledMigration[][] {
  const isAlone = ({ form }: CompiledMigration) =>
    form === 'program' || (form === 'concurrent' && !migrator.isTransaction);
  const parts: CompiledMigration[][] = [];
  for (const migration of migrations) {
    const last = parts.at(-1);
    if (isAlone(migration) || last === undefined || last.some(isAlone)) parts.push([migration]);
    else last.push(migration);
  }
  return parts;
}

async function revertPart<Tables>(
  work: EngineWork<Tables>,
  part: readonly CompiledMigration[],
): Promise<RevertResult> {
  const [first] = part;
  if (first?.form === 'program') return await revertProgram(work, first);
  if (first?.form !== 'concurrent' || work.migrator.isTransaction) {
    return await revertTogether(work, part);
  }
  await changeIndexes(work, first, 'down');
  return await revertTogether(work, [{ ...first, down: [] }]);
}

async function revertProgram<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<RevertResult> {
  const { down } = await loadProgram(migration);
  return await inTransaction(work, async (inner) => {
    const result = await revertTogether(inner, [migration]);
    if (down !== undefined && result.reverted.length > 0)
      await runDirection(inner, migration, down);
    return result;
  });
}

/** One transaction: `down` of each in the order given, and their ledger rows. `isMark` leaves later migrations out of account. */
export async function revertTogether<Tables>(
  work: EngineWork<Tables>,
  migrations: readonly CompiledMigration[],
  settings: { readonly isMark?: true } = {},
): Promise<RevertResult> {
  const { schema, owner } = work.target;
  const reverts = migrations.map(({ id, down }) => ({
    id,
    statements: (down ?? []).map((statement) => statement.sql),
    perTenant: perTenantNumbers(down ?? []),
  }));
  const answer = await callEngine<RevertAnswer, Tables>(
    work,
    sql`select tenantry.revert(${schema}, ${owner}, cast(${JSON.stringify(reverts)} as jsonb),
      cast(${JSON.stringify({ ...engineSettings(work), ...settings })} as jsonb)) as answer`,
    locateIn(migrations, 'down'),
  );
  if (answer.status === 'conflict') {
    throw new MigrationConflictError(migrations.at(-1)?.id ?? '', answer.migration);
  }
  return { reverted: answer.reverted, version: answer.version };
}
