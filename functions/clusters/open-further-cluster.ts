import { ensureTemplateDatabase, type createSecretsClient } from '@tenantry/database';
import type { Cluster } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { openAs } from '../databases.ts';
import { prepareFurtherCluster, type FurtherPlace } from './prepare-further-cluster.ts';

/** The secrets of the platform's roles on a cluster, as the catalog keeps them. */
export type RoleSecrets = Required<
  Pick<
    Cluster,
    'provisionerSecretArn' | 'migratorSecretArn' | 'indexerSecretArn' | 'auditorSecretArn'
  >
>;

/**
 * Makes everything in a further cluster that tenants need before the first one comes, tries each of the logins, and answers their secrets.
 * Run again it repairs what is missing. Throws `ClusterNotDeclaredError` when there are no secrets for this cluster.
 */
export async function openFurtherCluster(
  client: ReturnType<typeof createSecretsClient>,
  stage: string,
  place: FurtherPlace,
): Promise<RoleSecrets> {
  const { clusterArn, database } = place;
  const secrets = await prepareFurtherCluster(client, stage, place);
  const openDatabase = (name: string) =>
    openAs({ clusterArn, database: name }, secrets.platform_provisioner);
  const openAsAdmin = (name: string) =>
    openAs({ clusterArn, database: name }, place.adminSecretArn);
  await ensureTemplateDatabase({ home: openDatabase(database), openDatabase, openAsAdmin });
  // A password that did not arrive must not be found out by the first tenant.
  for (const secretArn of Object.values(secrets))
    await sql`select 1`.execute(openAs(place, secretArn));
  return {
    provisionerSecretArn: secrets.platform_provisioner,
    migratorSecretArn: secrets.platform_migrator,
    indexerSecretArn: secrets.platform_indexer,
    auditorSecretArn: secrets.platform_auditor,
  };
}
