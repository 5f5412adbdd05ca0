import { sql, type Kysely, type Transaction } from 'kysely';
import { sqlStateOf } from '@tenantry/database';
import type { CompiledMigration } from './compiled-migrations.ts';
import { toMigrationError, type EngineWork } from './engine-call.ts';
import { loadProgram } from './migration-program.ts';
import type { MigrationDb, MigrationFunction } from './parse-exports.ts';
import { recordMigration } from './record-migration.ts';

/**
 * Runs a program's `up` as the schema's owner, in one transaction with its row in the ledger. Empty when another worker was faster.
 * Throws `MigrationFailedError`, and what the program itself throws.
 */
export async function runProgram<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<readonly string[]> {
  const { up } = await loadProgram(migration);
  return await inTransaction(work, async (inner) => {
    const recorded = await recordMigration(inner, migration);
    if (recorded.length > 0) await runAsOwner(inner, migration, up);
    return recorded;
  });
}

/** Calls one direction of a program, in a transaction, as the schema's owner. */
export async function runAsOwner<Tables>(
  { migrator, target, options }: EngineWork<Tables>,
  migration: CompiledMigration,
  direction: MigrationFunction,
): Promise<void> {
  await sql`select set_config('role', ${target.owner}, true), set_config('search_path', ${`"${target.schema}", pg_temp`}, true),
    set_config('lock_timeout', ${`${options.lockTimeoutMs ?? 2000}ms`}, true)`.execute(migrator);
  try {
    await direction(migrator as Kysely<unknown> as MigrationDb, { sql });
  } catch (error) {
    const sqlstate = sqlStateOf(error);
    if (sqlstate === undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const { detail, hint } = error as { readonly detail?: string; readonly hint?: string };
    const answer = {
      status: 'failed',
      sqlstate,
      message,
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
    } as const;
    throw toMigrationError(target.schema, answer, { migration: migration.id, statement: 0 });
  }
}

/** Runs the work in a transaction: the one it is in already, or one of its own. */
export async function inTransaction<Tables, Result>(
  work: EngineWork<Tables>,
  run: (inner: EngineWork<Tables>) => Promise<Result>,
): Promise<Result> {
  if (work.migrator.isTransaction) return await run(work);
  return await work.migrator
    .transaction()
    .execute(async (trx: Transaction<Tables>) => await run({ ...work, migrator: trx }));
}
