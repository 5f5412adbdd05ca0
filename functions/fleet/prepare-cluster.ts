import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import {
  closeServerDatabases,
  createSecretsClient,
  ensureCommandGuard,
  ensureTemplateDatabase,
  openCatalogDb,
  platformRoles,
  prepareCluster,
  prepareTenantDatabase,
  readCredentials,
  type PlatformRole,
} from '@tenantry/database';
import { applyMigrations, staticTargets } from '@tenantry/migrations';
import {
  homeClusterId,
  listClusters,
  listOwnDatabases,
  upsertCluster,
  type CatalogDb,
  type Cluster,
} from '@tenantry/tenancy';
import { prepareFurtherCluster } from '../clusters/prepare-further-cluster.ts';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { dialectFor, openAs } from '../databases.ts';
import { readEnvironment, roleSecretKeys } from '../environment.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'adminSecretArn',
  ...Object.values(roleSecretKeys),
);
const client = createSecretsClient();

/**
 * Makes roles, functions, schemas and catalog of the home cluster, and brings the further clusters up to date. Answers which of the
 * databases that the server came with stay open to everybody, because only RDS may close them. A deletion of the stack leaves all of it, as
 * it leaves the clusters.
 */
export async function onEvent(event: CloudFormationCustomResourceEvent) {
  const answer = { PhysicalResourceId: `prepared-${homeClusterId}` };
  if (event.RequestType === 'Delete') return answer;
  const admin = openAs(environment, environment.adminSecretArn);
  await prepareCluster(admin, { database: environment.database, passwords: await readPasswords() });
  const leftOpen = await closeServerDatabases(admin);
  await applyMigrations(
    admin,
    staticTargets.catalog,
    readCompiledMigrations().scopes.catalog.migrations,
  );
  const { clusterArn: resourceArn, database } = environment;
  const catalog = openCatalogDb(dialectFor(environment, environment.catalogWriterSecretArn));
  await upsertCluster(catalog, { id: homeClusterId, resourceArn, database });
  await prepareOwnDatabases(catalog, {
    id: homeClusterId,
    clusterArn: resourceArn,
    database,
    provisionerSecretArn: environment[roleSecretKeys.platform_provisioner],
    adminSecretArn: environment.adminSecretArn,
  });
  for (const cluster of await listClusters(catalog)) await upgradeCluster(catalog, cluster);
  return { ...answer, Data: { DatabasesLeftOpen: leftOpen.join(', ') } };
}

/** What `tenantry cluster add` made, as this build makes it. */
async function upgradeCluster(catalog: CatalogDb, cluster: Cluster): Promise<void> {
  const { id, resourceArn: clusterArn, database, adminSecretArn } = cluster;
  if (id === homeClusterId || adminSecretArn === undefined) return;
  const place = { id, clusterArn, database, adminSecretArn };
  const secrets = await prepareFurtherCluster(client, environment.stage, place);
  const provisionerSecretArn = secrets.platform_provisioner;
  const logins = { provisionerSecretArn, adminSecretArn };
  await prepareOwnDatabases(catalog, { id, clusterArn, database, ...logins });
}

/** Tenants' own databases have the platform's functions as well, and so has the one that they are copied from. */
async function prepareOwnDatabases(
  catalog: CatalogDb,
  cluster: {
    readonly id: string;
    readonly clusterArn: string;
    /** The one that its tenants share. */
    readonly database: string;
    readonly provisionerSecretArn: string;
    readonly adminSecretArn: string;
  },
): Promise<void> {
  const { clusterArn, provisionerSecretArn, adminSecretArn } = cluster;
  const openDatabase = (database: string) => openAs({ clusterArn, database }, provisionerSecretArn);
  const openAsAdmin = (database: string) => openAs({ clusterArn, database }, adminSecretArn);
  await ensureTemplateDatabase({
    home: openDatabase(cluster.database),
    openDatabase,
    openAsAdmin,
  });
  for (const { id, database } of await listOwnDatabases(catalog, cluster.id)) {
    await prepareTenantDatabase(openDatabase(database), id);
    await ensureCommandGuard(openAsAdmin(database));
  }
}

async function readPasswords(): Promise<Record<PlatformRole, string>> {
  return Object.fromEntries(await Promise.all(platformRoles.map(readPassword))) as Record<
    PlatformRole,
    string
  >;
}

async function readPassword(role: PlatformRole): Promise<[PlatformRole, string]> {
  const { password } = await readCredentials(client, environment[roleSecretKeys[role]]);
  return [role, password];
}
