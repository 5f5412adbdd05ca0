import { sql } from 'kysely';
import type { FleetRunResult, JudgeWaveResult, NextWaveResult } from '../fleet.ts';
import type { TenantFailure } from '../lifecycle.ts';
import { RunNotFoundError } from '../errors.ts';
import type { CatalogDb, RunItemError } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { writeAudit } from './write-audit.ts';

/** Ids handed out at a time: 1,000 of them take 23 kB of the 256 KiB that a workflow's state may have. */
const waveLimit = 1000;

/** The pending tenants of the lowest wave that has any, or `done`. */
export async function nextWave(db: CatalogDb, runId: string): Promise<NextWaveResult> {
  const rows = await db
    .selectFrom('run_items')
    .select(['tenant_id', 'wave'])
    .where('run_id', '=', runId)
    .where('status', '=', 'pending')
    .where('wave', '=', (eb) =>
      eb
        .selectFrom('run_items as lowest')
        .select((e) => e.fn.min('lowest.wave').as('wave'))
        .where('lowest.run_id', '=', runId)
        .where('lowest.status', '=', 'pending'),
    )
    .orderBy('tenant_id')
    .limit(waveLimit)
    .execute();
  const wave = rows[0]?.wave ?? 0;
  return {
    runId,
    decision: rows.length === 0 ? 'done' : 'go',
    wave,
    tenantIds: rows.map((row) => row.tenant_id),
  };
}

/** `halt` once more tenants have failed than the run bears, else `continue`. */
export async function judgeWave(db: CatalogDb, runId: string): Promise<JudgeWaveResult> {
  const row = await db
    .selectFrom('runs')
    .select('max_failures')
    .select((eb) =>
      eb
        .selectFrom('run_items')
        .select((e) => e.fn.countAll<bigint>().as('count'))
        .where('run_items.run_id', '=', runId)
        .where('run_items.status', '=', 'failed')
        .as('failed'),
    )
    .where('id', '=', runId)
    .executeTakeFirst();
  if (row === undefined) throw new RunNotFoundError(runId);
  return { runId, decision: Number(row.failed ?? 0n) > row.max_failures ? 'halt' : 'continue' };
}

/** What became of one tenant in a run. */
export interface RunItemResult {
  readonly tenantId: string;
  readonly status: 'migrated' | 'failed' | 'skipped';
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly error?: RunItemError;
}

/** Records what became of one tenant; a success is never overwritten by a later failure. */
export async function recordRunItem(
  db: CatalogDb,
  runId: string,
  result: RunItemResult,
): Promise<void> {
  await db
    .updateTable('run_items')
    .set({
      status: result.status,
      started_at: sql<Date>`cast(${result.startedAt.toISOString()} as timestamptz)`,
      ended_at: sql<Date>`now()`,
      duration_ms: sql<number>`cast(${String(Math.round(result.durationMs))} as integer)`,
      attempt: sql<number>`attempt + 1`,
      error: result.error === undefined ? null : jsonb(result.error),
    })
    .where('run_id', '=', runId)
    .where('tenant_id', '=', result.tenantId)
    .where('status', '<>', 'migrated')
    .execute();
}

/** Closes the run: `succeeded` when every tenant was migrated, else `failed`. Closing a closed run changes nothing. */
export async function finishRun(
  db: CatalogDb,
  runId: string,
  failure?: TenantFailure,
): Promise<FleetRunResult> {
  const counts = await countByStatus(db, runId);
  const isComplete = failure === undefined && counts.failed === 0 && counts.pending === 0;
  const status = isComplete ? 'succeeded' : 'failed';
  const closed = await db
    .updateTable('runs')
    .set({
      status,
      ended_at: sql<Date>`now()`,
      failure: failure === undefined ? null : jsonb(failure),
    })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .returning('actor')
    .executeTakeFirst();
  if (closed !== undefined) {
    await writeAudit(db, {
      actor: closed.actor,
      action: 'migrate-fleet',
      runId,
      outcome: isComplete ? 'done' : 'failed',
    });
  }
  const { migrated, failed, total } = counts;
  return { runId, status, total, migrated, failed };
}

async function countByStatus(db: CatalogDb, runId: string) {
  const rows = await db
    .selectFrom('run_items')
    .select('status')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('run_id', '=', runId)
    .groupBy('status')
    .execute();
  const of = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0n);
  const [migrated, failed, pending, skipped] = [
    of('migrated'),
    of('failed'),
    of('pending'),
    of('skipped'),
  ];
  return {
    migrated: migrated + skipped,
    failed,
    pending,
    total: migrated + failed + pending + skipped,
  };
}
