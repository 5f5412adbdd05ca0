export { createDataApiClient, createSecretsClient } from './aws-clients.ts';
export type { ColumnTypes } from './data-api/column-types.ts';
export { DataApiDialect, type DataApiDialectConfig } from './data-api/data-api-dialect.ts';
export { findServerAddress } from './data-api/find-server-address.ts';
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
  type TenantDbOptions,
  type TenantHandles,
  type TenantTransaction,
  type TenantTransactionBuilder,
} from './tenant-db.ts';
export { openNoTables } from './no-tables.ts';
export { sharedTablesDialect } from './shared-tables/shared-tables-dialect.ts';
export { SharedTablesPlugin } from './shared-tables/shared-tables-plugin.ts';
export { script, type Script, type ScriptContext } from './script.ts';
export { isCatalogRace, SqlStateError, sqlStateOf } from './sql-state.ts';
export { isLoginRefused } from './is-login-refused.ts';
export { retryCatalogRace } from './retry-catalog-race.ts';
export {
  platformRoles,
  tenantRoles,
  type PlatformRole,
  type TenantRole,
} from './cluster/platform-roles.ts';
export { referenceSchema } from './cluster/reference-schema.ts';
export { prepareCluster, prepareFurtherCluster } from './cluster/prepare-cluster.ts';
export { closeServerDatabases } from './cluster/close-server-databases.ts';
export { closeLogin } from './cluster/close-login.ts';
export { maintenanceDatabase } from './maintenance-database.ts';
export { scramVerifier } from './cluster/scram-verifier.ts';
export {
  admitToOwnRoute,
  defaultConnectionLimit,
  dropTenantSchema,
  provisionAndVerifySchema,
  provisionSharedLogin,
  provisionTenantSchema,
  suspendTenantSchema,
} from './cluster/tenant-schema.ts';
export {
  dropTenantDatabase,
  prepareTenantDatabase,
  provisionTenantDatabase,
} from './cluster/tenant-database.ts';
export type { ProvisionerLogins } from './cluster/provisioner-logins.ts';
export { ensureCommandGuard } from './cluster/command-guard.ts';
export { ensureTemplateDatabase } from './cluster/template-database.ts';
export {
  copyTemplateRows,
  dropPoolTenant,
  provisionPool,
  provisionPoolTenant,
  suspendPoolTenant,
  verifyPoolPrivileges,
  type DropPoolTenantOptions,
} from './cluster/pool-tenant.ts';
export { dropRightsElsewhere } from './cluster/drop-rights-elsewhere.ts';
export { verifyPrivileges } from './cluster/verify-privileges.ts';
export {
  databaseSecretPrefix,
  deleteMigratorSecret,
  deleteSecret,
  deleteTenantSecret,
  ensureMigratorSecret,
  ensureTenantSecret,
  storeAdminSecret,
} from './secrets/tenant-secrets.ts';
export {
  provisionCustomerDatabase,
  type ProvisionCustomerOptions,
} from './customer/provision-customer-database.ts';
export {
  dropCustomerTenant,
  suspendCustomerTenant,
  type DropCustomerOptions,
} from './customer/drop-customer-database.ts';
export { withServerLogin, type ServerAccess } from './customer/with-server-login.ts';
export { prepareCustomerDatabase } from './customer/prepare-customer-database.ts';
export { openPgServers, type PgServers, type PgServersOptions } from './pg/open-pg-servers.ts';
export { findLogin, type SecretLogin } from './secrets/find-login.ts';
export { readCredentials, type Credentials } from './secrets/read-credentials.ts';
export {
  createCredentialsCache,
  type CredentialsCache,
  type CredentialsCacheOptions,
} from './secrets/credentials-cache.ts';
export { resetSession } from './pg/reset-session.ts';
export { openPgTenants, type PgTenants, type PgTenantsOptions } from './pg/open-pg-tenants.ts';
export type { PgPoolLimits, PgSessionKey } from './pg/pg-session-pool.ts';
export {
  auditDatabase,
  auditRoles,
  type AuditAnswer,
  type AuditedPlace,
} from './audit/audit-database.ts';
export {
  auditCustomerDatabase,
  placeOfCustomer,
  type AuditedCustomer,
} from './audit/audit-customer-database.ts';
export { listCustomerTraces, type CustomerTrace } from './audit/customer-traces.ts';
export { compareCustomerSecrets, type KnownDatabases } from './audit/compare-customer-secrets.ts';
export { compareCustomerTraces } from './audit/compare-customer-traces.ts';
export { listTenantTraces, type TenantTrace } from './audit/tenant-traces.ts';
export { compareTraces, type KnownTenants, type TracedCluster } from './audit/compare-traces.ts';
export {
  compareDomains,
  compareSecrets,
  type ListedSecret,
  type SecretPrefixes,
} from './audit/compare-secrets.ts';
export { listSecrets } from './secrets/list-secrets.ts';
export {
  readOnlyAttacks,
  type AttackedTenant,
  type AttackPair,
  type ReadOnlyAttack,
} from './attacks/read-only-attacks.ts';
export { runReadOnlyAttacks, type AttackResult } from './attacks/run-read-only-attacks.ts';
