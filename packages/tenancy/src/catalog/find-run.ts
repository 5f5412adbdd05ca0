import { sql, type Expression, type SqlBool } from 'kysely';
import type { RunFailureView, RunView } from '../run-views.ts';
import type { CatalogDb, RunItemError } from './catalog-schema.ts';

const shownFailures = 20;
/** Tenants of a canary that are named. */
const shownCanaries = 20;
const mostRuns = 100;

/** The run with this id, or that this execution of `migrate-fleet` works on; undefined when there is none (yet). */
export async function findRun(
  db: CatalogDb,
  reference: { readonly run?: string; readonly execution?: string },
): Promise<RunView | undefined> {
  const [run] = await selectRuns(db)
    .where((eb) =>
      eb.or([
        eb('id', '=', reference.run ?? ''),
        eb(
          'id',
          'in',
          eb
            .selectFrom('run_executions')
            .select('run_id')
            .where('execution', '=', reference.execution ?? ''),
        ),
      ]),
    )
    .limit(1)
    .execute();
  return run === undefined ? undefined : (await toViews(db, [run]))[0];
}

/** The newest runs, 20 unless told otherwise and at most 100. */
export async function listRuns(db: CatalogDb, limit = 20): Promise<RunView[]> {
  const runs = await selectRuns(db)
    .orderBy('started_at', 'desc')
    .limit(Math.min(limit, mostRuns))
    .execute();
  return await toViews(db, runs);
}

/** A failure of an item as operators see it. */
export function toFailureView(slug: string, error: RunItemError | null): RunFailureView {
  return {
    slug,
    migration: error?.migration ?? null,
    statement: error?.statement ?? null,
    line: error?.line ?? null,
    sql: error?.sql ?? null,
    sqlstate: error?.sqlstate ?? null,
    message: error?.message ?? '',
    detail: error?.detail ?? null,
    hint: error?.hint ?? null,
  };
}

type RunRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

function selectRuns(db: CatalogDb) {
  return db
    .selectFrom('runs')
    .select([
      'id',
      'status',
      'reason',
      'actor',
      'hash',
      'change',
      'pace',
      'retry_of',
      'total',
      'left_out',
      'corrected',
    ])
    .select(['failure', 'static_results', 'start_at', 'started_at', 'ended_at']);
}

async function toViews(db: CatalogDb, runs: readonly RunRow[]): Promise<RunView[]> {
  if (runs.length === 0) return [];
  const ids = runs.map(({ id }) => id);
  const [waves, canaries, failures] = [
    await countWaves(db, ids),
    await listCanaries(db, ids),
    await listFailures(db, ids),
  ];
  return runs.map((run) => {
    const own = waves.filter((wave) => wave.run_id === run.id);
    const sum = (status: 'migrated' | 'failed' | 'skipped' | 'working') =>
      own.reduce((total, wave) => total + Number(wave[status]), 0);
    return {
      id: run.id,
      status: run.status,
      reason: run.reason,
      actor: run.actor,
      hash: run.hash,
      change: run.change,
      pace: run.pace,
      retryOf: run.retry_of,
      total: run.total,
      migrated: sum('migrated'),
      failed: sum('failed'),
      skipped: sum('skipped'),
      working: sum('working'),
      waves: own.map((wave) => ({
        wave: wave.wave,
        total: Number(wave.total),
        migrated: Number(wave.migrated),
        failed: Number(wave.failed),
        ...(wave.wave === 1 ? { tenants: slugsOf(canaries, run.id) } : {}),
        seconds: wave.seconds,
      })),
      leftOut: run.left_out,
      corrected: run.corrected,
      startAt: run.start_at?.toISOString() ?? null,
      startedAt: run.started_at.toISOString(),
      endedAt: run.ended_at?.toISOString() ?? null,
      failure: run.failure,
      statics: run.static_results,
      failures: failures
        .filter((failure) => failure.run_id === run.id)
        .map(({ slug, error }) => toFailureView(slug, error)),
    };
  });
}

function slugsOf(rows: readonly { run_id: string; slug: string }[], runId: string): string[] {
  return rows.filter((row) => row.run_id === runId).map((row) => row.slug);
}

const count = (condition: Expression<SqlBool>) => sql<bigint>`count(*) filter (where ${condition})`;

async function countWaves(db: CatalogDb, ids: readonly string[]) {
  return await db
    .selectFrom('run_items')
    .select(['run_id', 'wave'])
    .select((eb) => [
      eb.fn.countAll<bigint>().as('total'),
      count(eb('status', '=', 'migrated')).as('migrated'),
      count(eb('status', '=', 'failed')).as('failed'),
      count(eb('status', '=', 'skipped')).as('skipped'),
      count(eb('status', '=', 'working')).as('working'),
    ])
    .select(
      sql<
        number | null
      >`cast(extract(epoch from max(ended_at) - min(started_at)) as double precision)`.as(
        'seconds',
      ),
    )
    .where('run_id', 'in', ids)
    .groupBy(['run_id', 'wave'])
    .orderBy('wave')
    .execute();
}

async function listCanaries(db: CatalogDb, ids: readonly string[]) {
  return await db
    .selectFrom('run_items')
    .innerJoin('tenants', 'tenants.id', 'run_items.tenant_id')
    .select(['run_items.run_id', 'tenants.slug'])
    .where('run_items.run_id', 'in', ids)
    .where('run_items.wave', '=', 1)
    .orderBy('tenants.slug')
    .limit(shownCanaries * ids.length)
    .execute();
}

async function listFailures(db: CatalogDb, ids: readonly string[]) {
  return await db
    .selectFrom('run_items')
    .innerJoin('tenants', 'tenants.id', 'run_items.tenant_id')
    .select(['run_items.run_id', 'tenants.slug', 'run_items.error'])
    .where('run_items.run_id', 'in', ids)
    .where('run_items.status', '=', 'failed')
    .orderBy('tenants.slug')
    .limit(shownFailures)
    .execute();
}
