import type { RunView } from '../control.ts';
import type { CatalogDb } from './catalog-schema.ts';

const shownFailures = 20;

/** The run with this id, or that this execution of `migrate-fleet` works on; undefined when there is none (yet). */
export async function findRun(
  db: CatalogDb,
  reference: { readonly run?: string; readonly execution?: string },
): Promise<RunView | undefined> {
  const run = await db
    .selectFrom('runs')
    .selectAll()
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
    .executeTakeFirst();
  if (run === undefined) return undefined;
  const items = db.selectFrom('run_items').where('run_id', '=', run.id);
  const counts = await items
    .select((eb) => [
      eb.fn.countAll<bigint>().filterWhere('status', 'in', ['migrated', 'skipped']).as('migrated'),
      eb.fn.countAll<bigint>().filterWhere('status', '=', 'failed').as('failed'),
    ])
    .executeTakeFirstOrThrow();
  const failures = await items
    .innerJoin('tenants', 'tenants.id', 'run_items.tenant_id')
    .select(['tenants.slug', 'run_items.error'])
    .where('run_items.status', '=', 'failed')
    .orderBy('tenants.slug')
    .limit(shownFailures)
    .execute();
  return {
    id: run.id,
    status: run.status,
    reason: run.reason,
    hash: run.hash,
    total: run.total,
    migrated: Number(counts.migrated),
    failed: Number(counts.failed),
    startedAt: run.started_at.toISOString(),
    endedAt: run.ended_at?.toISOString() ?? null,
    failures: failures.map(({ slug, error }) => ({
      slug,
      migration: error?.migration ?? null,
      statement: error?.statement ?? null,
      sqlstate: error?.sqlstate ?? null,
      message: error?.message ?? '',
    })),
  };
}
