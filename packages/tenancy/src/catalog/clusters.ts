import type { CatalogDb } from './catalog-schema.ts';

/** A PostgreSQL cluster that holds tenants. The first one, `main`, also holds the catalog. */
export interface Cluster {
  readonly id: string;
  readonly resourceArn: string;
  readonly database: string;
  /** ARN of the secret of its role `platform_migrator`. @default - the one in the functions' environment, as for `main` */
  readonly migratorSecretArn?: string;
  /** ARN of the secret of its role `platform_indexer`. @default - `main` has it in the functions' environment, another cluster builds no index concurrently */
  readonly indexerSecretArn?: string;
  /** Most tenants that a run works on at once. @default - what the run says */
  readonly concurrency?: number;
}

/** Enters the cluster into the catalog, or brings its entry up to date. */
export async function upsertCluster(db: CatalogDb, cluster: Cluster): Promise<void> {
  const values = {
    resource_arn: cluster.resourceArn,
    database: cluster.database,
    migrator_secret_arn: cluster.migratorSecretArn ?? null,
    indexer_secret_arn: cluster.indexerSecretArn ?? null,
    concurrency: cluster.concurrency ?? null,
  };
  await db
    .insertInto('clusters')
    .values({ id: cluster.id, ...values })
    .onConflict((oc) => oc.column('id').doUpdateSet(values))
    .execute();
}

/** The cluster with this id; throws a plain error, as only the catalog's own rows name clusters. */
export async function getCluster(db: CatalogDb, id: string): Promise<Cluster> {
  const row = await db.selectFrom('clusters').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Error(`the catalog has no cluster ${id}`);
  return {
    id: row.id,
    resourceArn: row.resource_arn,
    database: row.database,
    ...(row.migrator_secret_arn === null ? {} : { migratorSecretArn: row.migrator_secret_arn }),
    ...(row.indexer_secret_arn === null ? {} : { indexerSecretArn: row.indexer_secret_arn }),
    ...(row.concurrency === null ? {} : { concurrency: row.concurrency }),
  };
}
