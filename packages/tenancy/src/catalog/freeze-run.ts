import { sql, type Expression, type ExpressionBuilder, type SqlBool } from 'kysely';
import type { RunChange } from '../fleet.ts';
import { completePace, countBearable, shareWaves, type Canary } from '../plan-waves.ts';
import type { CatalogDb, CatalogSchema, StaticResult } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { auditActionOf, type Run } from './open-run.ts';
import { listLeftOut } from './resolve-targets.ts';
import { isBehind, isNamed, selectTargets, type TargetSet } from './select-targets.ts';
import { writeAudit } from './write-audit.ts';

/** A tenant that a run would work on. */
export interface RunCandidate {
  readonly id: string;
  readonly slug: string;
  readonly clusterId: string;
  readonly version: string | null;
}

/** Which candidates of a run are asked for. */
export interface CandidateQuery {
  /** Slugs or ids. @default - all of them */
  readonly among?: readonly string[];
  /** Those at the oldest versions come first. */
  readonly limit: number;
}

/** How many tenants a run would work on. */
export async function countCandidates(db: CatalogDb, run: Run, set: TargetSet): Promise<number> {
  const row = await selectCandidates(db, run, set)
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Tenants that a run would work on, those at the oldest versions first. */
export async function listCandidates(
  db: CatalogDb,
  run: Run,
  options: CandidateQuery & { readonly set: TargetSet },
): Promise<RunCandidate[]> {
  const { among, limit, set } = options;
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'slug', 'cluster_id', 'version'])
    .where('id', 'in', selectCandidates(db, run, set).select('tenants.id'))
    .$if(among !== undefined, (qb) => qb.where((eb) => isNamed(eb, among ?? [])))
    .orderBy(
      sql`(select ordinality from jsonb_array_elements_text(cast(${JSON.stringify(set.migrations)} as jsonb))
        with ordinality where value = tenants.version) nulls first`,
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, slug, cluster_id: clusterId, version }) => ({
    id,
    slug,
    clusterId,
    version,
  }));
}

/** What fixes the set of a run. */
export interface Freeze {
  readonly set: TargetSet;
  readonly canaries: readonly Canary[];
  readonly statics: readonly StaticResult[];
}

/**
 * Fixes the set of tenants of a run, each with its version and wave, and answers how many there are. A run without any is over. Does
 * nothing for a run whose set is fixed or that is not to go on.
 */
export async function freezeRun(
  db: CatalogDb,
  run: Run,
  { set, canaries, statics }: Freeze,
): Promise<{ readonly total: number }> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('runs')
      .select(['frozen_at', 'status', 'total'])
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (row.frozen_at !== null) return { total: row.total };
    if (row.status !== 'running' && row.status !== 'scheduled') return { total: row.total };
    const total = await insertItems(trx, run, { set, canaries });
    await trx
      .updateTable('runs')
      .set({
        status: total === 0 ? 'succeeded' : 'running',
        total,
        max_failures: countBearable(run.pace, total),
        static_results: jsonb(statics),
        left_out: jsonb(await listLeftOut(trx, run.selector, set)),
        frozen_at: sql<Date>`now()`,
        ended_at: total === 0 ? sql<Date>`now()` : null,
      })
      .where('id', '=', run.id)
      .execute();
    if (total === 0) {
      const action = auditActionOf(run);
      await writeAudit(trx, { actor: run.actor, action, runId: run.id, outcome: 'done' });
    }
    return { total };
  });
}

/** Canaries make wave 1, then each share a wave of its own. */
async function insertItems(
  db: CatalogDb,
  run: Run,
  { set, canaries }: Pick<Freeze, 'set' | 'canaries'>,
): Promise<number> {
  const first = JSON.stringify(canaries.map(({ id }) => id));
  const rest = (await countCandidates(db, run, set)) - canaries.length;
  const sizes = shareWaves(rest, completePace(run.pace).waves);
  const bounds = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, n) => sum + n, 0));
  const isFirst = sql<boolean>`tenants.id in (select jsonb_array_elements_text(cast(${first} as jsonb)))`;
  const ranked = db
    .selectFrom('tenants')
    .select(['id', 'version', 'cluster_id'])
    .select(isFirst.as('is_first'))
    .select(sql<bigint>`row_number() over (order by ${isFirst} desc, id)`.as('number'))
    .where('id', 'in', selectCandidates(db, run, set).select('tenants.id'));
  const result = await db
    .insertInto('run_items')
    .columns(['run_id', 'tenant_id', 'cluster_id', 'wave', 'from_version', 'to_version'])
    .expression(
      db.selectFrom(ranked.as('ranked')).select([
        sql<string>`cast(${run.id} as text)`.as('run_id'),
        'ranked.id as tenant_id',
        'ranked.cluster_id',
        sql<number>`case when is_first then 1 else 2 + (select count(*)
          from jsonb_array_elements_text(cast(${JSON.stringify(bounds.slice(0, -1))} as jsonb)) as bound
          where number - cast(${canaries.length} as bigint) > cast(bound as bigint)) end`.as(
          'wave',
        ),
        'ranked.version as from_version',
        sql<string | null>`cast(${goalOf(run.change, set)} as text)`.as('to_version'),
      ]),
    )
    .onConflict((oc) => oc.columns(['run_id', 'tenant_id']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

function goalOf(change: RunChange, set: TargetSet): string | null {
  if (change.kind === 'undo') return null;
  return change.kind === 'up' ? (change.to ?? set.migrations.at(-1) ?? null) : (change.to ?? null);
}

/** The tenants that a run would work on, as a query without columns. */
export function selectCandidates(db: CatalogDb, { change, selector }: Run, set: TargetSet) {
  const targets = db
    .selectFrom('tenants')
    .where('tenants.id', 'in', selectTargets(db, selector, set).select('tenants.id'));
  if (change.kind === 'undo') return targets.where((eb) => wasChangedIn(eb, change.run));
  if (change.kind === 'down') return targets.where('tenants.version', 'is not', null);
  if (change.module !== undefined) return targets;
  return targets.where((eb) => isBehind(eb, change.to ?? true, set));
}

/** Also those whose worker died: whether it had changed them says their ledger. */
function wasChangedIn(
  eb: ExpressionBuilder<CatalogSchema, 'tenants'>,
  runId: string,
): Expression<SqlBool> {
  const item = eb
    .selectFrom('run_items')
    .select('run_items.run_id')
    .whereRef('run_items.tenant_id', '=', 'tenants.id')
    .where('run_items.run_id', '=', runId);
  const isUnsettled = sql<boolean>`attempt > 0 and ended_at is null`;
  return eb.exists(item.where(sql<boolean>`applied <> '[]' or ${isUnsettled}`));
}
