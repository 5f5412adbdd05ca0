import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { FleetSelection, MigrateFleetRequest, StartRunResult } from '../fleet.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { writeAudit } from './write-audit.ts';

/** The hash and last migration of the set that a run brings tenants to. */
export interface RunTarget {
  readonly hash: string;
  readonly tenantHash: string;
  readonly tenantVersion: string | null;
}

/** Names a selection, so that the same one started twice is recognised. */
export function selectionKey(selection: FleetSelection): string {
  if ('all' in selection) return 'all';
  const ids = [...new Set(selection.tenantIds)].toSorted().join(',');
  return createHash('sha256').update(ids).digest('hex').slice(0, 32);
}

/**
 * Opens a run over the selected tenants that are behind, or joins the open run over the same selection and hash. Its set of tenants
 * is frozen here, with each one's version and wave: one canary, a tenth of the rest, all others. `nothing` when none is behind.
 */
export async function startRun(
  db: CatalogDb,
  request: MigrateFleetRequest & { readonly execution: string },
  target: RunTarget,
): Promise<StartRunResult> {
  return await db.transaction().execute(async (trx) => {
    const known = await findRunOfExecution(trx, request.execution);
    if (known !== undefined) return { runId: known, decision: 'go' };
    const runId = await insertRun(trx, request);
    const total = await freezeTenants(trx, { runId, selection: request.selection, target });
    if (total === 0) {
      const joined = await countItems(trx, runId);
      if (joined === 0) {
        await trx.deleteFrom('runs').where('id', '=', runId).execute();
        return { runId, decision: 'nothing' };
      }
    } else {
      await trx
        .updateTable('runs')
        .set({ total: sql<number>`total + cast(${String(total)} as integer)` })
        .where('id', '=', runId)
        .execute();
    }
    await trx
      .insertInto('run_executions')
      .values({ execution: request.execution, run_id: runId })
      .onConflict((oc) => oc.column('execution').doNothing())
      .execute();
    await writeAudit(trx, {
      actor: request.actor,
      action: 'migrate-fleet',
      runId,
      outcome: 'started',
    });
    return { runId, decision: 'go' };
  });
}

async function findRunOfExecution(db: CatalogDb, execution: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('run_executions')
    .select('run_id')
    .where('execution', '=', execution)
    .executeTakeFirst();
  return row?.run_id;
}

async function insertRun(db: CatalogDb, request: MigrateFleetRequest): Promise<string> {
  const key = selectionKey(request.selection);
  await db
    .insertInto('runs')
    .values({
      id: `run_${randomUUID().replaceAll('-', '')}`,
      hash: request.hash,
      selection_key: key,
      reason: request.reason,
      actor: request.actor,
      status: 'running',
      total: 0,
    })
    .onConflict((oc) =>
      oc.columns(['hash', 'selection_key']).where('status', '=', sql.lit('running')).doNothing(),
    )
    .execute();
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('hash', '=', request.hash)
    .where('selection_key', '=', key)
    .where('status', '=', 'running')
    .forUpdate()
    .executeTakeFirstOrThrow();
  return row.id;
}

async function countItems(db: CatalogDb, runId: string): Promise<number> {
  const row = await db
    .selectFrom('run_items')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Adds the tenants that are behind; the first is the canary of wave 1, a tenth makes wave 2, the rest wave 3. */
async function freezeTenants(
  db: CatalogDb,
  freeze: {
    readonly runId: string;
    readonly selection: FleetSelection;
    readonly target: RunTarget;
  },
): Promise<number> {
  const behind = db
    .selectFrom('tenants')
    .select(['id', 'version'])
    .select(sql<bigint>`row_number() over (order by created_at, id)`.as('position'))
    .select(sql<bigint>`count(*) over ()`.as('total'))
    .where('status', 'in', ['active', 'suspended'])
    .where('migrations_hash', 'is distinct from', freeze.target.tenantHash)
    .$if('tenantIds' in freeze.selection, (qb) =>
      qb.where('id', 'in', 'tenantIds' in freeze.selection ? freeze.selection.tenantIds : []),
    );
  const result = await db
    .insertInto('run_items')
    .columns(['run_id', 'tenant_id', 'wave', 'from_version', 'to_version'])
    .expression(
      db.selectFrom(behind.as('behind')).select([
        sql<string>`cast(${freeze.runId} as text)`.as('run_id'),
        'behind.id as tenant_id',
        sql<number>`case when behind.position = 1 then 1
            when behind.position <= 1 + ceil((behind.total - 1) / 10.0) then 2 else 3 end`.as(
          'wave',
        ),
        'behind.version as from_version',
        sql<string | null>`cast(${freeze.target.tenantVersion} as text)`.as('to_version'),
      ]),
    )
    .onConflict((oc) => oc.columns(['run_id', 'tenant_id']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}
