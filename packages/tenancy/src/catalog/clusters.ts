import { ClusterExistsError, ClusterNotFoundError } from '../cluster-errors.ts';
import type { ClusterStatus } from '../cluster-views.ts';
import type { FurtherCluster } from '../lifecycle.ts';
import { parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** The catalog's id of the cluster that holds the catalog itself, and what all tenants share. */
export const homeClusterId = 'main';

/** A PostgreSQL cluster that holds tenants. */
export interface Cluster {
  readonly id: string;
  readonly resourceArn: string;
  readonly database: string;
  /** ARN of the secret of its role `platform_provisioner`. @default - the one in the functions' environment, as for the home cluster */
  readonly provisionerSecretArn?: string;
  /** ARN of the secret of its role `platform_migrator`. @default - the one in the functions' environment, as for the home cluster */
  readonly migratorSecretArn?: string;
  /** ARN of the secret of its role `platform_indexer`. @default - the home cluster has it in the functions' environment, another one builds no index concurrently */
  readonly indexerSecretArn?: string;
  /** ARN of the secret of its role `platform_auditor`. @default - the one in the functions' environment, as for the home cluster */
  readonly auditorSecretArn?: string;
  /** ARN of the secret of its master user. @default - the home cluster has it in the environment of the function that prepares it */
  readonly adminSecretArn?: string;
  /** Most tenants that a run works on at once. @default - what the run says */
  readonly concurrency?: number;
  /** Most tenants that it takes. @default 10000 */
  readonly capacity?: number;
  /** @default 'active' */
  readonly status?: ClusterStatus;
  /** The only tenant that it is for, and the stack that it is part of. @default - it takes tenants */
  readonly dedicated?: { readonly tenantId: TenantId; readonly stack: string };
}

/**
 * Enters the cluster into the catalog, or changes of its entry what is given. Throws `ClusterExistsError` when the ARN is another
 * cluster's.
 */
export async function upsertCluster(db: CatalogDb, cluster: Cluster): Promise<void> {
  const values = {
    resource_arn: cluster.resourceArn,
    database: cluster.database,
    ...withoutUndefined({
      provisioner_secret_arn: cluster.provisionerSecretArn,
      migrator_secret_arn: cluster.migratorSecretArn,
      indexer_secret_arn: cluster.indexerSecretArn,
      auditor_secret_arn: cluster.auditorSecretArn,
      admin_secret_arn: cluster.adminSecretArn,
      concurrency: cluster.concurrency,
      capacity: cluster.capacity,
      status: cluster.status,
      tenant_id: cluster.dedicated?.tenantId,
      stack: cluster.dedicated?.stack,
    }),
  };
  const other = await db
    .selectFrom('clusters')
    .select('id')
    .where('resource_arn', '=', cluster.resourceArn)
    .where('id', '<>', cluster.id)
    .executeTakeFirst();
  if (other !== undefined) throw new ClusterExistsError(other.id, cluster.resourceArn);
  await db
    .insertInto('clusters')
    .values({ id: cluster.id, ...values })
    .onConflict((oc) => oc.column('id').doUpdateSet(values))
    .execute();
}

/** The cluster with this id; throws `ClusterNotFoundError`. */
export async function getCluster(db: CatalogDb, id: string): Promise<Cluster> {
  const clusters = await listClusters(db);
  const found = clusters.find((cluster) => cluster.id === id);
  if (found !== undefined) return found;
  throw new ClusterNotFoundError(
    id,
    clusters.map((cluster) => cluster.id),
  );
}

/** All clusters, by id. */
export async function listClusters(db: CatalogDb): Promise<Cluster[]> {
  const rows = await db.selectFrom('clusters').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    resourceArn: row.resource_arn,
    database: row.database,
    capacity: row.capacity,
    status: row.status,
    ...findDedication(row),
    ...withoutUndefined({
      provisionerSecretArn: row.provisioner_secret_arn ?? undefined,
      migratorSecretArn: row.migrator_secret_arn ?? undefined,
      indexerSecretArn: row.indexer_secret_arn ?? undefined,
      auditorSecretArn: row.auditor_secret_arn ?? undefined,
      adminSecretArn: row.admin_secret_arn ?? undefined,
      concurrency: row.concurrency ?? undefined,
    }),
  }));
}

/**
 * Gives a tenant the cluster that was made for it alone, entering that into the catalog. Run again it changes nothing but what differs.
 * Throws `ClusterExistsError` when the ARN is another cluster's.
 */
export async function giveCluster(
  db: CatalogDb,
  cluster: Cluster & Required<Pick<Cluster, 'dedicated'>>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await upsertCluster(trx, cluster);
    const { tenantId } = cluster.dedicated;
    await trx
      .updateTable('tenants')
      .set({ cluster_id: cluster.id })
      .where('id', '=', tenantId)
      .execute();
  });
}

/** Takes the cluster that was made for a tenant alone out of the catalog; does nothing for a tenant without one. */
export async function forgetOwnCluster(db: CatalogDb, id: TenantId): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const own = trx
      .selectFrom('clusters')
      .select('clusters.id')
      .where('clusters.tenant_id', '=', id);
    await trx
      .updateTable('tenants')
      .set({ cluster_id: homeClusterId })
      .where('cluster_id', 'in', own)
      .execute();
    await trx.deleteFrom('clusters').where('clusters.tenant_id', '=', id).execute();
  });
}

/** The cluster on which the tenant has its place, or undefined when that is the home cluster or there is no such tenant. */
export async function findFurtherCluster(
  db: CatalogDb,
  id: TenantId,
): Promise<FurtherCluster | undefined> {
  const row = await db
    .selectFrom('tenants')
    .innerJoin('clusters as c', 'c.id', 'tenants.cluster_id')
    .select(['c.id', 'c.resource_arn', 'c.database'])
    .select(['c.provisioner_secret_arn', 'c.migrator_secret_arn'])
    .where('tenants.id', '=', id)
    .where('c.id', '<>', homeClusterId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { id: clusterId, resource_arn: resourceArn, database } = row;
  const secrets = withoutUndefined({
    provisionerSecretArn: row.provisioner_secret_arn ?? undefined,
    migratorSecretArn: row.migrator_secret_arn ?? undefined,
  });
  return toFurtherCluster({ id: clusterId, resourceArn, database, ...secrets });
}

/** A cluster as a workflow's state carries it; throws a `TypeError` for one that has not been prepared. */
export function toFurtherCluster(cluster: Cluster): FurtherCluster {
  const { id, resourceArn: clusterArn, database } = cluster;
  const { provisionerSecretArn, migratorSecretArn } = cluster;
  if (provisionerSecretArn === undefined || migratorSecretArn === undefined)
    throw new TypeError(`cluster ${id} has not been prepared`);
  return { id, clusterArn, database, provisionerSecretArn, migratorSecretArn };
}

function findDedication(row: {
  readonly tenant_id: string | null;
  readonly stack: string | null;
}): Pick<Cluster, 'dedicated'> {
  const { tenant_id: tenantId, stack } = row;
  if (tenantId === null || stack === null) return {};
  return { dedicated: { tenantId: parseTenantId(tenantId), stack } };
}

type Defined<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

function withoutUndefined<Values extends object>(values: Values): Defined<Values> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Defined<Values>;
}
