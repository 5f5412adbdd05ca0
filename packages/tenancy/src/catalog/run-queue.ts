import { sql } from 'kysely';
import type { RunWorker } from '../fleet.ts';
import type { CatalogDb, RunItemError } from './catalog-schema.ts';

/** One process that works on a wave of a run. */
export interface QueueWorker {
  readonly runId: string;
  readonly wave: number;
  readonly worker: RunWorker;
  /** Names the process: a worker that is called again is another holder. */
  readonly holder: string;
  /** Tenants that the worker may have at work at once; of several processes that are the same worker, all together. */
  readonly tenantsAtOnce: number;
  readonly leaseSeconds: number;
  /** Time between two tenants of the cluster. */
  readonly pauseSeconds: number;
}

/** A tenant that a worker has taken and must give an account of before its lease ends. */
export interface TakenTenant {
  readonly tenantId: string;
  readonly slug: string;
  /** The database that only this tenant has; null where it shares the cluster's. */
  readonly ownDatabase: string | null;
  /** Whose tables it shares; what is done to them is done for all of the pool's tenants. */
  readonly pool: string | null;
  /** Version that the catalog knows. */
  readonly version: string | null;
  /** The same when the run's set was fixed. */
  readonly from: string | null;
  /** 1 for the first holder in this run; above that another one may have left work behind. */
  readonly attempt: number;
}

/** What became of one tenant in a run; `skipped` is one that had nothing to change. */
export interface RunItemResult {
  readonly tenantId: string;
  readonly status: 'migrated' | 'failed' | 'skipped';
  /** Ids applied or taken back in this run, in order. */
  readonly applied: readonly string[];
  /** Last migration of its ledger, and the hash of all of them when all are there; left out when it is not known. */
  readonly at?: { readonly version: string | null; readonly hash: string | null };
  readonly milliseconds: number;
  readonly error?: RunItemError;
}

/** The state of the queue that a worker sees. */
export interface QueueState {
  readonly taken: readonly TakenTenant[];
  /** Whether the wave still has tenants on this cluster that nobody has finished. */
  readonly isOpen: boolean;
  /** False once the run is paused, cancelled or over: nothing more is taken. */
  readonly isRunning: boolean;
}

/**
 * Records what became of a worker's tenants, prolongs its leases and takes up to `take` further tenants, all in one statement. A tenant
 * that another run works on is not taken; one whose lease has ended is. A tenant that is no longer active is skipped. The version of one
 * that shares tables is noted for all tenants of its pool.
 */
export async function exchangeRunItems(
  db: CatalogDb,
  worker: QueueWorker,
  exchange: { readonly results: readonly RunItemResult[]; readonly take: number },
): Promise<QueueState> {
  const results = JSON.stringify(exchange.results.map(toRow));
  const result = await sql<{ state: QueueState }>`
    with given as materialized (
      select * from jsonb_to_recordset(cast(${results} as jsonb)) as given (tenant_id text, status text, applied jsonb,
        is_at_known boolean, version text, hash text, milliseconds integer, error jsonb)
    ),
    ${recorded(worker, exchange.results)}, ${kept(worker)}, ${gone(worker, exchange.take)}, ${taken(worker, exchange.take)}
    select ${state(worker)} as state`.execute(db);
  const found = result.rows[0]?.state;
  if (found === undefined) throw new TypeError('the queue answered nothing');
  return found;
}

// The values stand in each part of the statement, not in one that the others join: so PostgreSQL sees them when it plans, and reads
// only the head of the queue, however long it is.

const recorded = ({ runId, holder }: QueueWorker, results: readonly RunItemResult[]) => sql`
  recorded as (
    update catalog.run_items i set
      status = given.status,
      applied = case when i.attempt > 1 or given.applied <> '[]' then given.applied else i.applied end,
      to_version = case when given.is_at_known then given.version else i.to_version end,
      duration_ms = given.milliseconds,
      error = given.error,
      ended_at = clock_timestamp(),
      holder = null, lease_until = null
    from given
    where i.run_id = ${runId} and i.tenant_id in (${sql.join(['', ...results.map((it) => it.tenantId)])})
      and i.tenant_id = given.tenant_id and i.status <> 'migrated'
      and (i.holder = ${holder} or given.status = 'migrated')
  ), moved as (
    update catalog.tenants t set version = given.version, migrations_hash = given.hash,
      fingerprint = case when given.applied = '[]' then t.fingerprint end
    from given where t.id = given.tenant_id and given.is_at_known
  ), followed as (
    update catalog.tenants t set version = given.version, migrations_hash = given.hash, fingerprint = null
    from given join catalog.tenants m on m.id = given.tenant_id
    where given.is_at_known and m.pool is not null and t.cluster_id = m.cluster_id and t.pool = m.pool and t.id <> m.id
      and t.id not in (select tenant_id from given)
      and (t.version, t.migrations_hash) is distinct from (given.version, given.hash)
  )`;

const kept = ({ runId, holder, worker, leaseSeconds }: QueueWorker) => sql`
  kept as (
    update catalog.run_items i set lease_until = clock_timestamp() + ${seconds(leaseSeconds)}
    where i.run_id = ${runId} and i.worker = ${slotOf(worker)} and i.holder = ${holder} and i.status = 'working'
      and i.lease_until < clock_timestamp() + ${seconds(leaseSeconds * 0.7)}
      and i.tenant_id not in (select tenant_id from given)
  )`;

const gone = (worker: QueueWorker, take: number) => sql`
  head as (
    select i.tenant_id from catalog.run_items i
    where ${isOfWave(worker)} and i.status = 'pending'
    order by i.tenant_id
    limit ${take}
  ), gone as (
    update catalog.run_items i set status = 'skipped', ended_at = clock_timestamp(),
      error = jsonb_build_object('message', 'the tenant is ' || t.status)
    from head, catalog.tenants t
    where i.run_id = ${worker.runId} and i.tenant_id = head.tenant_id and i.status = 'pending'
      and t.id = head.tenant_id and t.status not in ('active', 'suspended')
  )`;

// A statement does not see its own changes: a pause also begins with what it records. The conditions on a tenant are questions for each
// row, which cannot be made into joins with whole tables.
const taken = (worker: QueueWorker, take: number) => sql`
  others as (
    select count(*) as tenants from catalog.run_items other
    where other.run_id = ${worker.runId} and other.worker = ${slotOf(worker.worker)} and other.status = 'working'
      and other.holder <> ${worker.holder} and other.lease_until > clock_timestamp()
  ), room as (
    select case when others.tenants = 0 then ${take}
      else greatest(0, least(${take}, ${worker.tenantsAtOnce} - others.tenants)) end as tenants
    from others
    where exists (select from catalog.runs r where r.id = ${worker.runId} and r.status = 'running')
      and (${worker.pauseSeconds} = 0 or (not exists (select from given) and not exists (
        select from catalog.run_items last
        where last.run_id = ${worker.runId} and last.cluster_id = ${worker.worker.cluster}
          and last.ended_at > clock_timestamp() - ${seconds(worker.pauseSeconds)})))
  ), free as (
    select i.tenant_id from catalog.run_items i
    where ${isOfWave(worker)} and i.status in ('pending', 'working')
      and (i.status = 'pending' or i.lease_until < clock_timestamp())
      and (select t.status from catalog.tenants t where t.id = i.tenant_id) in ('active', 'suspended')
      and (select count(*) from catalog.run_items other where other.tenant_id = i.tenant_id
        and other.status = 'working' and other.run_id <> ${worker.runId}) = 0
    order by i.tenant_id
    limit coalesce((select tenants from room), 0)
    for update of i skip locked
  ), taken as (
    update catalog.run_items i set status = 'working', worker = ${slotOf(worker.worker)}, holder = ${worker.holder},
      lease_until = clock_timestamp() + ${seconds(worker.leaseSeconds)}, attempt = i.attempt + 1,
      started_at = clock_timestamp(), ended_at = null
    from free, catalog.tenants t
    where i.run_id = ${worker.runId} and i.tenant_id = free.tenant_id and t.id = free.tenant_id
    returning i.tenant_id, t.slug, t.database, t.pool, t.version, i.from_version, i.attempt
  )`;

const state = (worker: QueueWorker) => sql`
  jsonb_build_object(
    'taken', coalesce((select jsonb_agg(jsonb_build_object('tenantId', tenant_id, 'slug', slug, 'ownDatabase', database, 'pool', pool, 'version', version,
      'from', from_version, 'attempt', attempt) order by tenant_id) from taken), '[]'),
    'isOpen', (select i.tenant_id from catalog.run_items i where ${isOfWave(worker)} and i.status in ('pending', 'working')
      order by i.tenant_id limit 1) is not null,
    'isRunning', exists (select from catalog.runs r where r.id = ${worker.runId} and r.status = 'running'))`;

const isOfWave = ({ runId, wave, worker }: QueueWorker) =>
  sql`i.run_id = ${runId} and i.wave = ${wave} and i.cluster_id = ${worker.cluster}`;

const seconds = (count: number) => sql`make_interval(secs => cast(${count} as double precision))`;

function slotOf({ cluster, number }: RunWorker): string {
  return `${cluster}/${number}`;
}

function toRow({ tenantId, at, error, ...result }: RunItemResult) {
  return {
    ...result,
    tenant_id: tenantId,
    is_at_known: at !== undefined,
    version: at?.version ?? null,
    hash: at?.hash ?? null,
    milliseconds: Math.round(result.milliseconds),
    error: error ?? null,
  };
}

/**
 * Frees tenants whose holders gave no sign in time: those of open runs wait to be taken again, those of cancelled runs are left as they
 * are.
 */
export async function releaseEndedLeases(db: CatalogDb): Promise<void> {
  await sql`
    update catalog.run_items i
    set status = case when r.status = 'cancelled' then 'skipped' else 'pending' end, holder = null, lease_until = null
    from catalog.runs r
    where r.id = i.run_id and i.status = 'working' and i.lease_until < now()`.execute(db);
}
