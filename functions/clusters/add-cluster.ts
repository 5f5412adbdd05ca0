import { createSecretsClient } from '@tenantry/database';
import {
  ClusterExistsError,
  getClusterView,
  homeClusterId,
  listClusters,
  parseClusterName,
  upsertCluster,
  writeAudit,
  type Cluster,
  type ClusterActions,
} from '@tenantry/tenancy';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openFurtherCluster, type RoleSecrets } from './open-further-cluster.ts';
import { toClusterError } from './to-cluster-error.ts';

const environment = readEnvironment('stage', 'clusterArn', 'database', 'catalogWriterSecretArn');
const client = createSecretsClient();
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

type Action = ClusterActions['add-cluster'];

/**
 * Prepares a cluster and enters it into the catalog; it takes tenants only when all of this is done. Run again it repairs what is missing
 * and changes what is given. Throws `ClusterExistsError` for a name or ARN that is taken, `ClusterNotDeclaredError` for a cluster that the
 * deployment has no rights on, `TenantInputError` for a database or login that the cluster refuses.
 */
export async function addCluster(input: Action['input']): Promise<Action['result']> {
  const { arn: resourceArn, adminSecretArn, database = 'tenantry', capacity, concurrency } = input;
  const entry: Cluster = {
    id: parseClusterName(input.cluster),
    resourceArn,
    database,
    adminSecretArn,
    ...(capacity !== undefined && { capacity }),
    ...(concurrency !== undefined && { concurrency }),
  };
  await assertFree(entry);
  const secrets = await prepare(entry, adminSecretArn);
  await upsertCluster(catalog, { ...entry, ...secrets });
  await writeAudit(catalog, {
    actor: input.actor,
    action: 'add-cluster',
    outcome: 'done',
    details: { cluster: entry.id, arn: resourceArn },
  });
  return { cluster: await getClusterView(catalog, entry.id) };
}

/** Throws `ClusterExistsError` when the name or the ARN stands for another cluster, or both for the home one. */
async function assertFree({ id, resourceArn }: Cluster): Promise<void> {
  const other = (await listClusters(catalog)).find(
    (it) =>
      (it.id === id) !== (it.resourceArn === resourceArn) ||
      (it.id === homeClusterId && id === homeClusterId),
  );
  if (other !== undefined) throw new ClusterExistsError(other.id, other.resourceArn);
}

async function prepare(cluster: Cluster, adminSecretArn: string): Promise<RoleSecrets> {
  const { id, resourceArn: clusterArn, database } = cluster;
  const place = { id, clusterArn, database, adminSecretArn };
  try {
    return await openFurtherCluster(client, environment.stage, place);
  } catch (error) {
    throw toClusterError(place, error);
  }
}
