import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import {
  createSecretsClient,
  openCatalogDb,
  platformRoles,
  prepareCluster,
  prepareTenantDatabase,
  readCredentials,
  type PlatformRole,
} from '@tenantry/database';
import { applyMigrations, staticTargets } from '@tenantry/migrations';
import { listOwnDatabases, upsertCluster, type CatalogDb } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { dialectFor, openAs } from '../databases.ts';
import { readEnvironment, roleSecretKeys } from '../environment.ts';
import { homeClusterId } from '../home-cluster.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'adminSecretArn',
  ...Object.values(roleSecretKeys),
);
const client = createSecretsClient();

/** Makes roles, functions, schemas and catalog of the home cluster. A deletion of the stack leaves them, as it leaves the cluster. */
export async function onEvent(event: CloudFormationCustomResourceEvent) {
  const answer = { PhysicalResourceId: `prepared-${homeClusterId}` };
  if (event.RequestType === 'Delete') return answer;
  const admin = openAs(environment, environment.adminSecretArn);
  await prepareCluster(admin, { database: environment.database, passwords: await readPasswords() });
  await applyMigrations(
    admin,
    staticTargets.catalog,
    readCompiledMigrations().scopes.catalog.migrations,
  );
  const { clusterArn: resourceArn, database } = environment;
  const catalog = openCatalogDb(dialectFor(environment, environment.catalogWriterSecretArn));
  await upsertCluster(catalog, { id: homeClusterId, resourceArn, database });
  await prepareOwnDatabases(catalog);
  return answer;
}

/** Tenants' own databases have the platform's functions as well. */
async function prepareOwnDatabases(catalog: CatalogDb): Promise<void> {
  const secretArn = environment[roleSecretKeys.platform_provisioner];
  for (const { id, database } of await listOwnDatabases(catalog, homeClusterId)) {
    await prepareTenantDatabase(openAs({ ...environment, database }, secretArn), id);
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
