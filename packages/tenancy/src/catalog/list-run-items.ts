import { sql } from 'kysely';
import type { RunItemView } from '../run-views.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { toFailureView } from './find-run.ts';

const usualItems = 200;
const mostItems = 500;

/** Which of a run's tenants are asked for. */
export interface RunItemQuery {
  readonly run: string;
  /** ISO 8601: those whose part ended then or later. @default - all */
  readonly endedSince?: string;
  /** @default - any */
  readonly status?: RunItemView['status'];
  /** @default 200, at most 500 */
  readonly limit?: number;
}

/** Tenants of a run with what became of them, by the time their part ended, then by slug; those still open come last. */
export async function listRunItems(db: CatalogDb, query: RunItemQuery): Promise<RunItemView[]> {
  const { run, endedSince, status, limit = usualItems } = query;
  const rows = await selectItems(db)
    .where('run_items.run_id', '=', run)
    .$if(status !== undefined, (qb) => qb.where('run_items.status', '=', status ?? 'pending'))
    .$if(endedSince !== undefined, (qb) =>
      qb.where('run_items.ended_at', '>=', new Date(endedSince ?? '')),
    )
    .orderBy(sql`run_items.ended_at nulls last`)
    .orderBy('tenants.slug')
    .limit(Math.min(limit, mostItems))
    .execute();
  return rows.map(toView);
}

/** The runs that a tenant was part of, the newest first, with the tenant's part in each. */
export async function listRunItemsOfTenant(
  db: CatalogDb,
  tenantId: string,
): Promise<(RunItemView & { readonly run: string })[]> {
  const rows = await selectItems(db)
    .innerJoin('runs', 'runs.id', 'run_items.run_id')
    .where('run_items.tenant_id', '=', tenantId)
    .orderBy('runs.started_at', 'desc')
    .limit(usualItems)
    .execute();
  return rows.map((row) => ({ ...toView(row), run: row.run_id }));
}

type ItemRow = Awaited<ReturnType<ReturnType<typeof selectItems>['execute']>>[number];

function selectItems(db: CatalogDb) {
  return db
    .selectFrom('run_items')
    .innerJoin('tenants', 'tenants.id', 'run_items.tenant_id')
    .selectAll('run_items')
    .select('tenants.slug');
}

function toView(row: ItemRow): RunItemView {
  return {
    slug: row.slug,
    tenantId: row.tenant_id,
    wave: row.wave,
    status: row.status,
    from: row.from_version,
    to: row.to_version,
    applied: row.applied,
    attempt: row.attempt,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    milliseconds: row.duration_ms,
    failure: row.error === null ? null : toFailureView(row.slug, row.error),
  };
}
