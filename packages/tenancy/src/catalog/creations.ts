import { sql } from 'kysely';
import { CreationNotFoundError } from '../errors.ts';
import type {
  CreateTenantsState,
  CreationFailureView,
  CreationView,
  JudgeCreationResult,
} from '../creation.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { writeAudit } from './write-audit.ts';

const shownFailures = 100;

/** Notes which execution works on a creation from now on. */
export async function setCreationExecution(
  db: CatalogDb,
  creation: string,
  execution: string,
): Promise<void> {
  await db.updateTable('creations').set({ execution }).where('id', '=', creation).execute();
}

/** The execution that works on a creation or did so last; undefined for what is not a creation or has none yet. */
export async function findCreationExecution(
  db: CatalogDb,
  creation: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('creations')
    .select('execution')
    .where('id', '=', creation)
    .executeTakeFirst();
  return row?.execution ?? undefined;
}

/**
 * What comes next in a creation: another round at once, after the last lease of a worker that does not answer, or its end, which is
 * recorded here. Judging a creation that has ended changes nothing.
 */
export async function judgeCreation(
  db: CatalogDb,
  state: CreateTenantsState,
): Promise<JudgeCreationResult> {
  const { creation, workers } = state;
  const result = await sql<{
    pending: bigint;
    working: bigint;
    failed: bigint;
    seconds: number | null;
  }>`
    select count(*) filter (where status = 'pending') as pending,
      count(*) filter (where status = 'working') as working,
      count(*) filter (where status = 'failed') as failed,
      cast(ceil(extract(epoch from min(lease_until) filter (where status = 'working') - now())) as integer) as seconds
    from catalog.creation_items where creation_id = ${creation}`.execute(db);
  const row = result.rows[0] ?? { pending: 0n, working: 0n, failed: 0n, seconds: null };
  const next = (decision: JudgeCreationResult['decision'], seconds = 0) => ({
    creation,
    workers,
    decision,
    seconds,
  });
  if (row.pending > 0n) return next('go');
  if (row.working > 0n) return next('wait', Math.max(1, row.seconds ?? 1));
  const status = row.failed === 0n ? 'succeeded' : 'failed';
  await closeCreation(db, creation, status);
  return next(status);
}

async function closeCreation(
  db: CatalogDb,
  creation: string,
  status: 'succeeded' | 'failed',
): Promise<void> {
  const closed = await db
    .updateTable('creations')
    .set({ status, ended_at: sql<Date>`now()` })
    .where('id', '=', creation)
    .where('status', '=', 'running')
    .returning('actor')
    .executeTakeFirst();
  if (closed === undefined) return;
  await writeAudit(db, {
    actor: closed.actor,
    action: 'create-tenants',
    outcome: status === 'succeeded' ? 'done' : 'failed',
    details: { creation },
  });
}

/** How far a creation is; throws `CreationNotFoundError`. */
export async function getCreation(db: CatalogDb, id: string): Promise<CreationView> {
  const row = await db
    .selectFrom('creations')
    .selectAll()
    .select(
      sql<number>`(select cast(count(*) as integer) from catalog.creation_items
        where creation_id = creations.id and status = 'created')`.as('created'),
    )
    .select(
      sql<number>`(select cast(count(*) as integer) from catalog.creation_items
        where creation_id = creations.id and status = 'failed')`.as('failed'),
    )
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new CreationNotFoundError(id);
  return {
    id,
    status: row.status,
    actor: row.actor,
    total: row.total,
    created: row.created,
    failed: row.failed,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    failures: row.failed === 0 ? [] : await listFailures(db, id),
  };
}

async function listFailures(db: CatalogDb, id: string): Promise<CreationFailureView[]> {
  const rows = await db
    .selectFrom('creation_items')
    .select(['line', 'request', 'failure'])
    .where('creation_id', '=', id)
    .where('status', '=', 'failed')
    .orderBy('line')
    .limit(shownFailures)
    .execute();
  return rows.flatMap(({ line, request, failure }) =>
    failure === null ? [] : [{ line, slug: request.slug, ...failure }],
  );
}
