export * from './errors.ts';
export * from './migration-errors.ts';
export * from './run-errors.ts';
export * from './cluster-errors.ts';
export * from './application-errors.ts';
export * from './suspension-errors.ts';
export { applicationStackName, applicationStackPrefix } from './application-stack.ts';
export * from './any-tenancy-error.ts';
export * from './customer-database-errors.ts';
export {
  defaultPostgresPort,
  describeServer,
  isLoopback,
  parseCustomerDatabase,
  type CustomerDatabase,
  type PostgresServer,
} from './customer-database.ts';
export { newTenantId, ownerNameOf, parseTenantId, schemaNameOf } from './tenant-id.ts';
export type { OwnerName, SchemaName, TenantId } from './tenant-id.ts';
export { isReservedSlug, parseTenantSlug, proposeSlug, type TenantSlug } from './tenant-slug.ts';
export { findHost, matchHost, parseHost, type Host } from './host.ts';
export {
  isolations,
  isolationTypes,
  ownDatabaseOf,
  parseIsolation,
  type Isolation,
} from './isolation.ts';
export { defaultPool, parsePoolName, poolOwnerOf, poolSchemaOf, type PoolName } from './pool.ts';
export {
  hasTables,
  tablelessRouteMs,
  type TablesRoute,
  type Tenant,
  type TenantFields,
  type TenantRoute,
  type TenantStatus,
} from './tenant.ts';
export { currentTenant, enterTenant, findCurrentTenant, runAsTenant } from './context.ts';
export * from './lifecycle.ts';
export { describeFailure } from './describe-failure.ts';
export { parseCreateTenantRequest, type CreateTenantDefaults } from './create-tenant-request.ts';
export { parseCreationRows, type ParsedRows, type UnparsedRow } from './parse-creation-rows.ts';
export type * from './fleet.ts';
export type * from './control.ts';
export type * from './tenant-view.ts';
export type * from './cluster-views.ts';
export { parseClusterName } from './cluster-name.ts';
export type * from './run-views.ts';
export type * from './migration-views.ts';
export * from './audit-views.ts';
export type * from './health-views.ts';
export type * from './suspension-actions.ts';
export type * from './isolation-views.ts';
export { platformVersion } from './version.ts';
export type * from './creation.ts';
export type * from './targets.ts';
export type {
  CatalogDb,
  CatalogSchema,
  RunItemError,
  StaticResult,
} from './catalog/catalog-schema.ts';
export { findOwnRoute, findRoute } from './catalog/find-route.ts';
export { findTenantClaim, type TenantClaim } from './catalog/find-tenant-claim.ts';
export { findTenant, getTenant, listTenants } from './catalog/tenant-views.ts';
export { findLastAudit, recordAudit } from './catalog/audit-reports.ts';
export {
  listHeldTenants,
  readCatalogHealth,
  type MigrationHashesByScope,
} from './catalog/catalog-health.ts';
export { listDedicatedTenants, type DedicatedTenant } from './catalog/list-dedicated-tenants.ts';
export { listAuditedTenants, type AuditedTenant } from './catalog/list-audited-tenants.ts';
export { writeAudit, type AuditEntry } from './catalog/write-audit.ts';
export { recordTenant, reserveTenant } from './catalog/reserve-tenant.ts';
export {
  activateTenant,
  deactivateTenant,
  finishDeletingTenant,
  markTenantDeleting,
  markTenantFailed,
  setTenantVersion,
} from './catalog/tenant-status.ts';
export {
  claimResumption,
  claimSuspension,
  finishResumption,
  finishSuspension,
  getSuspendedTenant,
  type HeldTenantView,
  type SuspensionClaim,
} from './catalog/suspend-tenant.ts';
export { parseTargetSelector, picksTenants } from './parse-target-selector.ts';
export {
  completePace,
  countBearable,
  pickCanaries,
  planWaves,
  shareWaves,
  type Canary,
  type CompletePace,
  type WaveCandidate,
} from './plan-waves.ts';
export { selectTargets, type TargetSet } from './catalog/select-targets.ts';
export { assertNamesExist, listLeftOut, resolveTargets } from './catalog/resolve-targets.ts';
export {
  findRunOfExecution,
  getRun,
  getRunMigrations,
  openRun,
  type MigrationChecksums,
  type Run,
} from './catalog/open-run.ts';
export {
  countCandidates,
  freezeRun,
  listCandidates,
  type Freeze,
  type RunCandidate,
} from './catalog/freeze-run.ts';
export {
  findCustomerDatabase,
  listCustomerDatabases,
  noteCustomerDatabase,
  recordCustomerDatabase,
  releaseCustomerDatabase,
  type PlacedDatabase,
  type TenantsDatabase,
} from './catalog/customer-databases.ts';
export { countPoolMates } from './catalog/count-pool-mates.ts';
export { listOwnDatabases } from './catalog/list-own-databases.ts';
export { groupCandidates, type CandidateGroup } from './catalog/group-candidates.ts';
export {
  exchangeRunItems,
  releaseEndedLeases,
  type QueueState,
  type QueueWorker,
  type RunItemResult,
  type TakenTenant,
} from './catalog/run-queue.ts';
export { finishRun, judgeWave, nextWave, noteRunFailure, shareWork } from './catalog/run-waves.ts';
export { controlRun, type RunCommand } from './catalog/control-run.ts';
export { listTenantVersions } from './catalog/list-tenant-versions.ts';
export {
  correctVersions,
  listKnownVersions,
  type KnownVersion,
  type TrueVersion,
} from './catalog/correct-versions.ts';
export { findRun, listRuns } from './catalog/find-run.ts';
export { listRunItems, listRunItemsOfTenant, type RunItemQuery } from './catalog/list-run-items.ts';
export {
  getReleaseState,
  recordRelease,
  setStaticSchemaVersion,
  type ReleaseHashes,
  type ReleaseState,
} from './catalog/releases.ts';
export {
  findFurtherCluster,
  forgetOwnCluster,
  getCluster,
  giveCluster,
  homeClusterId,
  listClusters,
  toFurtherCluster,
  upsertCluster,
  type Cluster,
} from './catalog/clusters.ts';
export {
  getClusterView,
  listClusterViews,
  setCluster,
  type ClusterChange,
} from './catalog/cluster-views.ts';
export {
  openCreation,
  type OpenCreationOptions,
  type OpenedCreation,
  type SkippedRow,
} from './catalog/open-creation.ts';
export {
  recordCreationFailure,
  renewLeases,
  takeTenant,
  type CreationWorker,
  type HeldTenant,
} from './catalog/creation-items.ts';
export {
  findCreationExecution,
  getCreation,
  judgeCreation,
  setCreationExecution,
} from './catalog/creations.ts';
