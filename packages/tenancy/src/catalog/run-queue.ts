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
  readonly leaseSeconds: number;
  /** Time between two tenants of the cluster. */
  readonly pauseSeconds: number;
}

/** A tenant that a worker has taken and must give an account of before its lease ends. */
export interface TakenTenant {
  readonly tenantId: string;
  readonly slug: string;
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
 * that another run works on is not taken; one whose lease has ended is. A tenant that is no longer active is skipped.
 */
export async function exchangeRunItems(
  db: CatalogDb,
  worker: QueueWorker,
  exchange: { readonly results: readonly RunItemResult[]; readonly take: number },
): Promise<QueueState> {
  const { runId, wave, holder } = worker;
  const { cluster, number } = worker.worker;
  const slot = `${cluster}/${number}`;
  const results = JSON.stringify(exchange.results.map(toRow));
  const result = await sql<{ state: QueueState }>`
    with me as materialized (
      select cast(${runId} as text) as run_id, cast(${wave} as integer) as wave, cast(${cluster} as text) as cluster_id,
        cast(${slot} as text) as slot, cast(${holder} as text) as holder, cast(${exchange.take} as integer) as take,
        make_interval(secs => cast(${worker.leaseSeconds} as double precision)) as lease,
        make_interval(secs => cast(${worker.pauseSeconds} as double precision)) as pause
    ), given as materialized (
      select * from jsonb_to_recordset(cast(${results} as jsonb)) as given (tenant_id text, status text, applied jsonb,
        is_at_known boolean, version text, hash text, milliseconds integer, error jsonb)
    ), recorded as (
      update catalog.run_items i set
        status = given.status,
        applied = case when i.attempt > 1 or given.applied <> '[]' then given.applied else i.applied end,
        to_version = case when given.is_at_known then given.version else i.to_version end,
        duration_ms = given.milliseconds,
        error = given.error,
        ended_at = clock_timestamp(),
        holder = null, lease_until = null
      from given, me
      where i.run_id = me.run_id and i.tenant_id = given.tenant_id and i.status <> 'migrated'
        and (i.holder = me.holder or given.status = 'migrated')
    ), moved as (
      update catalog.tenants t set version = given.version, migrations_hash = given.hash,
        fingerprint = case when given.applied = '[]' then t.fingerprint end
      from given where t.id = given.tenant_id and given.is_at_known
    ), kept as (
      update catalog.run_items i set lease_until = clock_timestamp() + me.lease
      from me
      where i.run_id = me.run_id and i.holder = me.holder and i.status = 'working'
        and i.lease_until < clock_timestamp() + me.lease * 0.7
        and not exists (select from given where given.tenant_id = i.tenant_id)
    ), gone as (
      update catalog.run_items i set status = 'skipped', ended_at = clock_timestamp(),
        error = jsonb_build_object('message', 'the tenant is ' || t.status)
      from catalog.tenants t, me
      where i.run_id = me.run_id and i.wave = me.wave and i.cluster_id = me.cluster_id and i.status = 'pending'
        and me.take > 0 and t.id = i.tenant_id and t.status not in ('active', 'suspended')
    ), room as (
      select greatest(0, me.take - (
        select count(*) from catalog.run_items other
        where other.run_id = me.run_id and other.wave = me.wave and other.cluster_id = me.cluster_id
          and other.status = 'working' and other.worker = me.slot and other.holder <> me.holder
          and other.lease_until > clock_timestamp()
      )) as tenants
      from me
      where exists (select from catalog.runs r where r.id = me.run_id and r.status = 'running')
        and (me.pause = interval '0' or not exists (
          select from catalog.run_items last
          where last.run_id = me.run_id and last.cluster_id = me.cluster_id and last.ended_at > clock_timestamp() - me.pause))
    ), free as (
      select i.tenant_id from catalog.run_items i, me
      where i.run_id = me.run_id and i.wave = me.wave and i.cluster_id = me.cluster_id
        and (i.status = 'pending' or (i.status = 'working' and i.lease_until < clock_timestamp()))
        and exists (select from catalog.tenants t where t.id = i.tenant_id and t.status in ('active', 'suspended'))
        and not exists (
          select from catalog.run_items other
          where other.tenant_id = i.tenant_id and other.status = 'working' and other.run_id <> i.run_id)
      order by i.tenant_id
      limit coalesce((select tenants from room), 0)
      for update of i skip locked
    ), taken as (
      update catalog.run_items i set status = 'working', worker = me.slot, holder = me.holder,
        lease_until = clock_timestamp() + me.lease, attempt = i.attempt + 1, started_at = clock_timestamp(), ended_at = null
      from free, catalog.tenants t, me
      where i.run_id = me.run_id and i.tenant_id = free.tenant_id and t.id = free.tenant_id
      returning i.tenant_id, t.slug, t.version, i.from_version, i.attempt
    )
    select jsonb_build_object(
      'taken', coalesce((select jsonb_agg(jsonb_build_object('tenantId', tenant_id, 'slug', slug, 'version', version,
        'from', from_version, 'attempt', attempt) order by tenant_id) from taken), '[]'),
      'isOpen', exists (select from catalog.run_items i where i.run_id = me.run_id and i.wave = me.wave
        and i.cluster_id = me.cluster_id and i.status in ('pending', 'working')),
      'isRunning', exists (select from catalog.runs r where r.id = me.run_id and r.status = 'running')
    ) as state from me`.execute(db);
  const state = result.rows[0]?.state;
  if (state === undefined) throw new TypeError('the queue answered nothing');
  return state;
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
