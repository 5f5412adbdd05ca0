import { sql } from 'kysely';
import { RunClosedError, RunNotFoundError } from '../run-errors.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { openStatuses } from './open-run.ts';
import { writeAudit } from './write-audit.ts';

/** What an operator can tell an open run. */
export type RunCommand = 'pause' | 'resume' | 'cancel';

/**
 * Gives a run an operator's word. It holds at once: workers finish the tenants they have and take no further one; after `cancel` those
 * that nobody had are skipped for good. Saying it twice changes nothing. Throws `RunNotFoundError`, or `RunClosedError` for a run that is over.
 */
export async function controlRun(
  db: CatalogDb,
  runId: string,
  { command, actor }: { readonly command: RunCommand; readonly actor: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const run = await trx
      .selectFrom('runs')
      .select(['status', 'frozen_at', 'start_at'])
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirst();
    if (run === undefined) throw new RunNotFoundError(runId);
    const isScheduled = run.frozen_at === null && run.start_at !== null;
    const after = {
      pause: 'paused',
      cancel: 'cancelled',
      resume: isScheduled ? 'scheduled' : 'running',
    } as const;
    const status = command === 'resume' && run.status !== 'paused' ? run.status : after[command];
    if (run.status === 'cancelled' && command === 'cancel') return;
    if (!openStatuses.includes(run.status)) throw new RunClosedError(runId, run.status, command);
    if (status === run.status) return;
    const ended_at = command === 'cancel' ? sql<Date>`now()` : null;
    await trx.updateTable('runs').set({ status, ended_at }).where('id', '=', runId).execute();
    if (command === 'cancel') await skipPending(trx, runId);
    await writeAudit(trx, { actor, action: `${command}-run`, runId, outcome: 'done' });
  });
}

async function skipPending(db: CatalogDb, runId: string): Promise<void> {
  await db
    .updateTable('run_items')
    .set({ status: 'skipped' })
    .where('run_id', '=', runId)
    .where('status', '=', 'pending')
    .execute();
}
