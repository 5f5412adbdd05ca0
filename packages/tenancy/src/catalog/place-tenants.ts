import { sql } from 'kysely';
import { ClusterFullError, ClusterNotFoundError } from '../cluster-errors.ts';
import type { ClusterStatus } from '../cluster-views.ts';
import { TenantInputError } from '../errors.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { takesPlace } from './cluster-views.ts';
import { jsonb } from './jsonb.ts';

/** A tenant whose row is written and that needs a place. */
export interface UnplacedTenant {
  readonly id: string;
  readonly isolation: string;
  /** @default - it shares no tables */
  readonly pool?: string;
  /** The cluster that was asked for. @default - the one with the largest share of free places */
  readonly cluster?: string;
}

/** A tenant that got no place, and why. */
export interface RefusedTenant {
  readonly id: string;
  readonly error: ClusterFullError | ClusterNotFoundError | TenantInputError;
}

interface Room {
  readonly id: string;
  readonly status: ClusterStatus;
  readonly capacity: number;
  taken: number;
}

/**
 * Gives each tenant a place on a cluster, in the order given, and answers which got none. Whoever places others at the same time waits
 * until this transaction ends, so that no cluster gets more than its capacity; do it last. A tenant that shares tables goes where the
 * tables are; one without tables, or with a cluster of its own, takes no place.
 */
export async function placeTenants(
  trx: CatalogDb,
  tenants: readonly UnplacedTenant[],
): Promise<RefusedTenant[]> {
  const placed = tenants.filter(({ isolation }) => !['cache', 'dedicated'].includes(isolation));
  if (placed.length === 0) return [];
  // Not the stronger FOR UPDATE, which waits for everybody who has just entered a tenant and then waits for us.
  const locked = await trx
    .selectFrom('clusters')
    .select(['id', 'status', 'capacity'])
    .where('tenant_id', 'is', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const { rooms, pools } = await countPlaces(trx, locked, placed);
  const chosen = new Map<string, string>();
  const refused: RefusedTenant[] = [];
  for (const tenant of placed) {
    const room = chooseRoom(tenant, rooms, pools);
    if (!('taken' in room)) {
      refused.push({ id: tenant.id, error: room });
      continue;
    }
    room.taken += 1;
    chosen.set(tenant.id, room.id);
    if (tenant.pool !== undefined) pools.set(tenant.pool, room.id);
  }
  await writePlaces(trx, chosen);
  return refused;
}

async function countPlaces(
  db: CatalogDb,
  clusters: readonly Omit<Room, 'taken'>[],
  tenants: readonly UnplacedTenant[],
) {
  const ids = jsonb(tenants.map(({ id }) => id));
  const { rows } = await sql<{ cluster_id: string; pool: string | null; count: bigint }>`
    select cluster_id, pool, count(*) as count from catalog.tenants t
    where ${takesPlace} and id not in (select jsonb_array_elements_text(${ids}))
    group by cluster_id, pool`.execute(db);
  const counts = Map.groupBy(rows, (row) => row.cluster_id);
  const rooms = clusters.map((cluster): Room => {
    const taken = counts.get(cluster.id)?.reduce((sum, { count }) => sum + Number(count), 0) ?? 0;
    return { ...cluster, taken };
  });
  const pools = new Map(
    rows.flatMap((row) => (row.pool === null ? [] : [[row.pool, row.cluster_id] as const])),
  );
  return { rooms, pools };
}

function chooseRoom(
  { cluster, pool }: UnplacedTenant,
  rooms: readonly Room[],
  pools: ReadonlyMap<string, string>,
): Room | RefusedTenant['error'] {
  const home = pool === undefined ? undefined : pools.get(pool);
  if (home !== undefined && cluster !== undefined && cluster !== home) {
    return new TenantInputError('cluster', `the tables of pool "${pool}" are on cluster "${home}"`);
  }
  const named = cluster ?? home;
  if (named === undefined)
    return findEmptiest(rooms) ?? new ClusterFullError(null, describe(rooms));
  const room = rooms.find(({ id }) => id === named);
  if (room === undefined)
    return new ClusterNotFoundError(
      named,
      rooms.map(({ id }) => id),
    );
  return hasRoom(room) ? room : new ClusterFullError(named, describe([room]));
}

function findEmptiest(rooms: readonly Room[]): Room | undefined {
  const [emptiest] = rooms
    .filter(hasRoom)
    .toSorted((a, b) => a.taken / a.capacity - b.taken / b.capacity || (a.id < b.id ? -1 : 1));
  return emptiest;
}

function hasRoom({ status, taken, capacity }: Room): boolean {
  return status === 'active' && taken < capacity;
}

function describe(rooms: readonly Room[]): string {
  return rooms
    .map(({ id, status, taken, capacity }) =>
      status === 'active' ? `${id} has ${taken} of ${capacity}` : `${id} is ${status}`,
    )
    .join(', ');
}

async function writePlaces(db: CatalogDb, chosen: ReadonlyMap<string, string>): Promise<void> {
  const places = jsonb([...chosen].map(([id, cluster]) => ({ id, cluster })));
  await sql`
    update catalog.tenants t set cluster_id = place.cluster
    from jsonb_to_recordset(${places}) as place (id text, cluster text) 
    where t.id = place.id and t.cluster_id <> place.cluster`.execute(db);
}
