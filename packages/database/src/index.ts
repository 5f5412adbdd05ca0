export { createDataApiClient, createSecretsClient } from './aws-clients.ts';
export type { ColumnTypes } from './data-api/column-types.ts';
export { DataApiDialect, type DataApiDialectConfig } from './data-api/data-api-dialect.ts';
export type { DataApiTarget } from './data-api/data-api-driver.ts';
export { pgDialect, type PgDialectConfig } from './pg/pg-dialect.ts';
export { openCatalogDb } from './open-catalog-db.ts';
export {
  describeSchema,
  type ColumnDescription,
  type SchemaDescription,
  type TableDescription,
} from './describe-schema.ts';
export {
  openTenantDb,
  type SharedDb,
  type TenantDb,
  type TenantHandles,
  type TenantTransaction,
  type TenantTransactionBuilder,
} from './tenant-db.ts';
export { script, type Script, type ScriptContext } from './script.ts';
export { isCatalogRace, SqlStateError, sqlStateOf } from './sql-state.ts';
export { isLoginRefused } from './is-login-refused.ts';
export { retryCatalogRace } from './retry-catalog-race.ts';
export { platformRoles, type PlatformRole } from './cluster/platform-roles.ts';
export { referenceSchema } from './cluster/reference-schema.ts';
export { prepareCluster } from './cluster/prepare-cluster.ts';
export { scramVerifier } from './cluster/scram-verifier.ts';
export {
  defaultConnectionLimit,
  dropTenantSchema,
  provisionAndVerifySchema,
  provisionTenantSchema,
  suspendTenantSchema,
} from './cluster/tenant-schema.ts';
export {
  dropTenantDatabase,
  prepareTenantDatabase,
  provisionTenantDatabase,
  type ProvisionerLogins,
} from './cluster/tenant-database.ts';
export { verifyPrivileges } from './cluster/verify-privileges.ts';
export { deleteTenantSecret, ensureTenantSecret } from './secrets/tenant-secrets.ts';
export { readCredentials, type Credentials } from './secrets/read-credentials.ts';
export {
  createCredentialsCache,
  type CredentialsCache,
  type CredentialsCacheOptions,
} from './secrets/credentials-cache.ts';
export { openPgTenants, type PgTenants, type PgTenantsOptions } from './pg/open-pg-tenants.ts';
export type { PgPoolLimits, PgSessionKey } from './pg/pg-session-pool.ts';
