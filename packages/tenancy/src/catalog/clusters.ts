import type { CatalogDb } from './catalog-schema.ts';

/** A PostgreSQL cluster that holds tenants. The first one, `main`, also holds the catalog. */
export interface Cluster {
  readonly id: string;
  readonly resourceArn: string;
  readonly database: string;
}

/** Enters the cluster into the catalog, or brings its entry up to date. */
export async function upsertCluster(db: CatalogDb, cluster: Cluster): Promise<void> {
  const values = { resource_arn: cluster.resourceArn, database: cluster.database };
  await db
    .insertInto('clusters')
    .values({ id: cluster.id, ...values })
    .onConflict((oc) => oc.column('id').doUpdateSet(values))
    .execute();
}
