import * as z from 'zod';

/**
 * The names of all environment variables of all functions. `infra` sets them, `readEnvironment` reads them, and nothing else
 * touches `process.env`.
 */
export const environmentNames = {
  /** The name of the deployment, part of all resource names: `dev`, `prod`. */
  stage: 'TENANTRY_STAGE',
  /** ARN of the home cluster. */
  clusterArn: 'TENANTRY_CLUSTER_ARN',
  /** Name of the database that holds catalog, shared schema and tenants' schemas. */
  database: 'TENANTRY_DATABASE',
  /** Domain under which tenants get their first host name: `localhost`, `app.example.com`. */
  baseDomain: 'TENANTRY_BASE_DOMAIN',
  /** ARN of the cluster's master secret; only `prepare-cluster` has it. */
  adminSecretArn: 'TENANTRY_ADMIN_SECRET_ARN',
  /** ARN of the secret of role `platform_provisioner`. */
  provisionerSecretArn: 'TENANTRY_PROVISIONER_SECRET_ARN',
  /** ARN of the secret of role `platform_migrator`. */
  migratorSecretArn: 'TENANTRY_MIGRATOR_SECRET_ARN',
  /** ARN of the secret of role `platform_indexer`: indexes built while requests go on. */
  indexerSecretArn: 'TENANTRY_INDEXER_SECRET_ARN',
  /** ARN of the secret of role `platform_auditor`: looks at the walls of all tenants. */
  auditorSecretArn: 'TENANTRY_AUDITOR_SECRET_ARN',
  /** ARN of the secret of role `catalog_writer`: control plane and workflows. */
  catalogWriterSecretArn: 'TENANTRY_CATALOG_WRITER_SECRET_ARN',
  /** ARN of the secret of role `catalog_reader`: the request path. */
  catalogReaderSecretArn: 'TENANTRY_CATALOG_READER_SECRET_ARN',
  /** ARN of the secret of role `site`: the operator's own site. */
  siteSecretArn: 'TENANTRY_SITE_SECRET_ARN',
  /** Tenants' secrets are named `<prefix><tenant id>`; ends with a slash. */
  tenantSecretPrefix: 'TENANTRY_TENANT_SECRET_PREFIX',
  /** Name of the DynamoDB table of all tenants' caches. */
  cacheTableName: 'TENANTRY_CACHE_TABLE_NAME',
  /** ARN of the role whose sessions reach one tenant's cache each. */
  cacheRoleArn: 'TENANTRY_CACHE_ROLE_ARN',
  /** Secrets of dedicated tenants are named `<prefix><tenant id>`; no function that serves other tenants may read them. Ends with a slash. */
  dedicatedSecretPrefix: 'TENANTRY_DEDICATED_SECRET_PREFIX',
  /** The one tenant that a dedicated application serves. */
  tenantId: 'TENANTRY_TENANT_ID',
  /** ARN of the secret of that tenant's login. */
  tenantSecretArn: 'TENANTRY_TENANT_SECRET_ARN',
  /** ARN of the home cluster, for a function whose own cluster is another one. */
  homeClusterArn: 'TENANTRY_HOME_CLUSTER_ARN',
  /** Name of the home cluster's database, likewise. */
  homeDatabase: 'TENANTRY_HOME_DATABASE',
  /** Address of the template that dedicated tenants' stacks are made from. */
  applicationTemplateUrl: 'TENANTRY_APPLICATION_TEMPLATE_URL',
  /** ARN of the role that CloudFormation takes on to work on these stacks. */
  applicationRoleArn: 'TENANTRY_APPLICATION_ROLE_ARN',
  createTenantMachineArn: 'TENANTRY_CREATE_TENANT_MACHINE_ARN',
  createTenantsMachineArn: 'TENANTRY_CREATE_TENANTS_MACHINE_ARN',
  deleteTenantMachineArn: 'TENANTRY_DELETE_TENANT_MACHINE_ARN',
  suspendTenantMachineArn: 'TENANTRY_SUSPEND_TENANT_MACHINE_ARN',
  resumeTenantMachineArn: 'TENANTRY_RESUME_TENANT_MACHINE_ARN',
  migrateFleetMachineArn: 'TENANTRY_MIGRATE_FLEET_MACHINE_ARN',
} as const;

/** The property names under which a function sees its environment. */
export type EnvironmentKey = keyof typeof environmentNames;

/** The platform's own PostgreSQL roles, and the key under which a function finds the ARN of a role's secret. */
export const roleSecretKeys = {
  platform_provisioner: 'provisionerSecretArn',
  platform_migrator: 'migratorSecretArn',
  platform_indexer: 'indexerSecretArn',
  platform_auditor: 'auditorSecretArn',
  catalog_writer: 'catalogWriterSecretArn',
  catalog_reader: 'catalogReaderSecretArn',
  site: 'siteSecretArn',
} as const satisfies Record<string, EnvironmentKey>;

/** Those of them that are on every cluster, each with a secret of its own there: `tenantry/<stage>/cluster/<id>/<role>`. */
export const furtherClusterRoles = [
  'platform_provisioner',
  'platform_migrator',
  'platform_indexer',
  'platform_auditor',
] as const satisfies readonly (keyof typeof roleSecretKeys)[];

/** What infra hands to a function: a value for each key it needs. */
export type EnvironmentValues = Partial<Record<EnvironmentKey, string>>;

/** The same values under the variables' names, for a function's `environment`. */
export function toEnvironmentVariables(values: EnvironmentValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [environmentNames[key as EnvironmentKey], value]),
  );
}

/** The value of one variable, or undefined in a function that has none. */
export function findEnvironment(key: EnvironmentKey): string | undefined {
  return process.env[environmentNames[key]];
}

/**
 * The values of the named variables. Throws a `TypeError` that lists what is missing: a function without its configuration must not
 * start.
 */
export function readEnvironment<Key extends EnvironmentKey>(
  ...keys: readonly Key[]
): Record<Key, string> {
  const shape = Object.fromEntries(keys.map((key) => [environmentNames[key], z.string().min(1)]));
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new TypeError(`environment variables missing or empty: ${missing}`);
  }
  const values = parsed.data as Record<string, string>;
  return Object.fromEntries(keys.map((key) => [key, values[environmentNames[key]]])) as Record<
    Key,
    string
  >;
}
