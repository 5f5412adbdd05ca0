import { sql } from 'kysely';
import type { CompiledMigration } from './compiled-migrations.ts';
import { callEngine, engineSettings, toMigrationError, type EngineWork } from './engine-call.ts';
import type { MigrationStatement } from './migration-statement.ts';
import { quoteName } from './quote-name.ts';
import { recordMigration } from './record-migration.ts';

type BatchAnswer = { readonly status: 'ran'; readonly rows: number } | { readonly status: 'done' };

/** One statement of a batch migration. */
interface Batch {
  readonly id: string;
  readonly number: number;
  readonly source: MigrationStatement;
  /** As whom it runs; in a pool. */
  readonly as?: string;
}

/**
 * Repeats each statement, each time in a transaction of its own, until it changes no row; then the ledger has the migration. Killed, it
 * goes on where it was: what is done no longer fits the statement's own condition. Empty when another worker was faster. In a pool each
 * statement is repeated for the owner's rows and then for those of each tenant.
 *
 * Throws `MigrationFailedError`, SQLSTATE 54000, for a statement that would never end.
 */
export async function runBatches<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<readonly string[]> {
  for (const [index, source] of migration.up.entries()) {
    const isDone = await repeatForAll(work, { id: migration.id, number: index + 1, source });
    if (isDone) return [];
  }
  return await recordMigration(work, migration);
}

/** The list of tenants is read when the owner's rows are done: who comes later begins with those. */
async function repeatForAll<Tables>(work: EngineWork<Tables>, batch: Batch): Promise<boolean> {
  const { schema, owner, tenants } = work.target;
  if (tenants === undefined) return await repeat(work, batch);
  if (await repeat(work, { ...batch, as: owner })) return true;
  const { rows } = await sql<{ roles: readonly string[] }>`
    select to_jsonb(tenantry.list_pool_tenants(${schema}, ${owner})) as roles`.execute(
    work.migrator,
  );
  for (const as of rows[0]?.roles ?? []) {
    if (await repeat(work, { ...batch, as })) return true;
  }
  return false;
}

const mostRounds = 100_000;

/** Whether another worker has finished the migration meanwhile. */
async function repeat<Tables>(work: EngineWork<Tables>, batch: Batch): Promise<boolean> {
  let changed = 0;
  for (let round = 1; ; round += 1) {
    const answer = await runOnce(work, batch, batch.source.sql);
    if (answer.status === 'done') return true;
    if (answer.rows === 0) return false;
    changed += answer.rows;
    work.options.onProgress?.({ migration: batch.id, statement: batch.number, rows: changed });
    if (round >= 16 && Number.isInteger(Math.log2(round))) await assertEnds(work, batch, changed);
    if (round === mostRounds) throw endless(work, batch, `${mostRounds} rounds`);
  }
}

/** An update that has changed twice as many rows as its table holds comes back to those it has done. */
async function assertEnds<Tables>(
  work: EngineWork<Tables>,
  batch: Batch,
  changed: number,
): Promise<void> {
  const { command, table } = batch.source.batch ?? {};
  if (command !== 'update' || table === undefined) return;
  const counting = `select from ${quoteName(table)} limit ${changed}`;
  const answer = await runOnce(work, batch, counting);
  if (answer.status === 'done' || answer.rows * 2 > changed) return;
  throw endless(work, batch, `${changed} changes to the ${answer.rows} rows of "${table}"`);
}

function endless<Tables>(work: EngineWork<Tables>, batch: Batch, after: string) {
  const answer = {
    status: 'failed',
    sqlstate: '54000',
    message: `the statement still finds rows after ${after}`,
    hint: 'its condition must leave out the rows that it has changed already',
  } as const;
  const failed = { migration: batch.id, statement: batch.number, source: batch.source };
  return toMigrationError(work.target.schema, answer, failed);
}

async function runOnce<Tables>(
  work: EngineWork<Tables>,
  { id, number, source, as }: Batch,
  text: string,
): Promise<BatchAnswer> {
  const { schema, owner } = work.target;
  const settings = { ...engineSettings(work), ...(as !== undefined && { as }) };
  return await callEngine<BatchAnswer, Tables>(
    work,
    sql`select tenantry.apply_batch(${schema}, ${owner}, ${id}, ${text},
      cast(${JSON.stringify(settings)} as jsonb)) as answer`,
    () => ({ migration: id, statement: number, source }),
  );
}
