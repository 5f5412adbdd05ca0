import { sql } from 'kysely';
import { ClusterNotFoundError } from '../cluster-errors.ts';
import type { ClusterStatus, ClusterView } from '../cluster-views.ts';
import { TenantInputError } from '../errors.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { homeClusterId } from './clusters.ts';
import { writeAudit } from './write-audit.ts';

/** All clusters with the number of their tenants: the home cluster first, the others by name. */
export async function listClusterViews(db: CatalogDb): Promise<ClusterView[]> {
  const rows = await db
    .selectFrom('clusters as c')
    .selectAll('c')
    .select((eb) =>
      eb
        .selectFrom('tenants as t')
        .select((inner) => inner.fn.countAll<bigint>().as('count'))
        .whereRef('t.cluster_id', '=', 'c.id')
        .where(takesPlace)
        .as('tenants'),
    )
    .orderBy(sql`c.id <> ${homeClusterId}`)
    .orderBy('c.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    arn: row.resource_arn,
    database: row.database,
    status: row.status,
    tenants: Number(row.tenants ?? 0),
    capacity: row.capacity,
    concurrency: row.concurrency,
    stack: row.stack,
    addedAt: row.created_at.toISOString(),
  }));
}

/** Whether a row `t` of the tenants has a place on its cluster: it has tables there, or is about to. */
export const takesPlace = sql<boolean>`(t.status <> 'deleted' and t.isolation <> 'cache'
  and (t.isolation <> 'dedicated' or t.cluster_id = t.id)
  and not exists (select from catalog.customer_databases b where b.tenant_id = t.id))`;

/** The cluster with this id; throws `ClusterNotFoundError`. */
export async function getClusterView(db: CatalogDb, id: string): Promise<ClusterView> {
  const clusters = await listClusterViews(db);
  const found = clusters.find((cluster) => cluster.id === id);
  if (found === undefined)
    throw new ClusterNotFoundError(
      id,
      clusters.map((cluster) => cluster.id),
    );
  return found;
}

/** What an operator may change of a cluster. */
export interface ClusterChange {
  readonly capacity?: number;
  /** Null leaves it to the run. */
  readonly concurrency?: number | null;
  readonly status?: ClusterStatus;
}

/**
 * Changes what is given, and says so in the audit trail. Throws `ClusterNotFoundError`, and `TenantInputError` for a capacity or status of a
 * cluster that is for one tenant alone.
 */
export async function setCluster(
  db: CatalogDb,
  id: string,
  { actor, ...change }: ClusterChange & { readonly actor: string },
): Promise<ClusterView> {
  assertTakesTenants(await getClusterView(db, id), change);
  if (Object.keys(change).length > 0) {
    await db.updateTable('clusters').set(change).where('id', '=', id).execute();
    await writeAudit(db, {
      actor,
      action: 'set-cluster',
      outcome: 'done',
      details: { cluster: id, ...change },
    });
  }
  return await getClusterView(db, id);
}

function assertTakesTenants({ id, stack }: ClusterView, change: ClusterChange): void {
  if (stack === null || (change.capacity === undefined && change.status === undefined)) return;
  throw new TenantInputError(
    change.capacity === undefined ? 'status' : 'capacity',
    `cluster "${id}" is for one tenant alone, and takes no other`,
    `tenantry tenant show ${id}`,
  );
}
