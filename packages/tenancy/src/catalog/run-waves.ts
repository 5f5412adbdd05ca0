import { sql } from 'kysely';
import type { FleetRunResult, JudgeWaveResult, NextWaveResult, RunWorker } from '../fleet.ts';
import type { TenantFailure } from '../lifecycle.ts';
import { RunNotFoundError } from '../run-errors.ts';
import { completePace } from '../plan-waves.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { auditActionOf, getRun, type Run } from './open-run.ts';
import { releaseEndedLeases } from './run-queue.ts';
import { writeAudit } from './write-audit.ts';

/** Tenants that one worker has at work at once. */
const tenantsPerWorker = 8;

/** Workers for the lowest wave that has open tenants, a time to wait before it, or `done`. */
export async function nextWave(db: CatalogDb, runId: string): Promise<NextWaveResult> {
  await releaseEndedLeases(db);
  const run = await getRun(db, runId);
  const wave = run.status === 'running' ? await findOpenWave(db, runId) : undefined;
  if (wave === undefined) return { runId, decision: 'done', wave: 0, workers: [] };
  const seconds = await countPause(db, run, wave);
  if (seconds > 0) return { runId, decision: 'wait', wave, workers: [], seconds };
  return { runId, decision: 'go', wave, workers: await listWorkers(db, run, wave) };
}

/** `halt` once more tenants have failed than the run bears or it was told to stop, else `continue`. */
export async function judgeWave(db: CatalogDb, runId: string): Promise<JudgeWaveResult> {
  const row = await db
    .selectFrom('runs')
    .select(['max_failures', 'status'])
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
  const isTooBad = row.max_failures !== null && Number(row.failed ?? 0n) > row.max_failures;
  return { runId, decision: isTooBad || row.status !== 'running' ? 'halt' : 'continue' };
}

/** Keeps what broke off a worker; forgotten when the run ends well after all. */
export async function noteRunFailure(
  db: CatalogDb,
  runId: string,
  failure: TenantFailure,
): Promise<void> {
  await db
    .updateTable('runs')
    .set({ failure: jsonb(failure) })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .execute();
}

/**
 * Closes a running run: `succeeded` when every tenant is done with and none failed, else `failed`. A run that was paused, cancelled or
 * closed stays what it is.
 */
export async function finishRun(
  db: CatalogDb,
  runId: string,
  failure?: TenantFailure,
): Promise<FleetRunResult> {
  const counts = await countByStatus(db, runId);
  const isComplete = failure === undefined && counts.failed === 0 && counts.open === 0;
  const status = isComplete ? 'succeeded' : 'failed';
  const closed = await db
    .updateTable('runs')
    .set({
      status,
      ended_at: sql<Date>`now()`,
      failure: failure === undefined ? null : sql`coalesce(failure, ${jsonb(failure)})`,
    })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  const run = await getRun(db, runId);
  if (closed !== undefined) {
    const outcome = isComplete ? 'done' : 'failed';
    await writeAudit(db, { actor: run.actor, action: auditActionOf(run), runId, outcome });
  }
  const { migrated, failed, total } = counts;
  return { runId, status: run.status, total, migrated, failed };
}

async function findOpenWave(db: CatalogDb, runId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('run_items')
    .select('wave')
    .where('run_id', '=', runId)
    .where('status', 'in', ['pending', 'working'])
    .orderBy('wave')
    .limit(1)
    .executeTakeFirst();
  return row?.wave;
}

/** Seconds that are left of the pause between this wave and the one before it; none once the wave has begun. */
async function countPause(db: CatalogDb, run: Run, wave: number): Promise<number> {
  const { pauseBetweenWavesSeconds: pause } = completePace(run.pace);
  if (pause === 0) return 0;
  const row = await db
    .selectFrom('run_items')
    .select(
      sql<bigint | null>`cast(ceil(extract(epoch from
        max(ended_at) filter (where wave < ${wave}) + make_interval(secs => cast(${pause} as double precision)) - now()
      )) as bigint)`.as('left'),
    )
    .select(
      sql<boolean>`coalesce(bool_or(attempt > 0) filter (where wave = ${wave}), false)`.as('begun'),
    )
    .where('run_id', '=', run.id)
    .executeTakeFirstOrThrow();
  return row.begun ? 0 : Math.max(0, Number(row.left ?? 0));
}

async function listWorkers(db: CatalogDb, run: Run, wave: number): Promise<RunWorker[]> {
  const rows = await db
    .selectFrom('run_items')
    .innerJoin('clusters', 'clusters.id', 'run_items.cluster_id')
    .select(['clusters.id', 'clusters.concurrency'])
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('run_items.run_id', '=', run.id)
    .where('run_items.wave', '=', wave)
    .where('run_items.status', 'in', ['pending', 'working'])
    .groupBy(['clusters.id', 'clusters.concurrency'])
    .orderBy('clusters.id')
    .execute();
  return rows.flatMap(({ id, concurrency, count }) => {
    const { workers } = shareWork(run, concurrency);
    const needed = Math.min(workers, Number(count));
    return Array.from({ length: needed }, (_, number) => ({ cluster: id, number }));
  });
}

/** How many workers a run has on a cluster, and how many tenants each has at work at once. */
export function shareWork(
  { pace }: Pick<Run, 'pace'>,
  clusterConcurrency: number | null,
): { readonly workers: number; readonly tenantsAtOnce: number } {
  const { concurrency, pauseBetweenTenantsSeconds } = completePace(pace);
  const isOneByOne = pauseBetweenTenantsSeconds > 0;
  const allowed = isOneByOne ? 1 : Math.min(concurrency, clusterConcurrency ?? concurrency);
  const workers = Math.ceil(allowed / tenantsPerWorker);
  return { workers, tenantsAtOnce: Math.ceil(allowed / workers) };
}

async function countByStatus(db: CatalogDb, runId: string) {
  const rows = await db
    .selectFrom('run_items')
    .select('status')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('run_id', '=', runId)
    .groupBy('status')
    .execute();
  const of = (...statuses: string[]) =>
    rows
      .filter(({ status }) => statuses.includes(status))
      .reduce((sum, row) => sum + Number(row.count), 0);
  return {
    migrated: of('migrated'),
    failed: of('failed'),
    open: of('pending', 'working'),
    total: of('migrated', 'failed', 'skipped', 'pending', 'working'),
  };
}
