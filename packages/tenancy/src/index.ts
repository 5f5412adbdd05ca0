export * from './errors.ts';
export * from './any-tenancy-error.ts';
export { newTenantId, ownerNameOf, parseTenantId, schemaNameOf } from './tenant-id.ts';
export type { OwnerName, SchemaName, TenantId } from './tenant-id.ts';
export { isReservedSlug, parseTenantSlug, proposeSlug, type TenantSlug } from './tenant-slug.ts';
export { findHost, matchHost, parseHost, type Host } from './host.ts';
export {
  availableIsolations,
  isolationTypes,
  parseIsolation,
  type Isolation,
} from './isolation.ts';
export type { Tenant, TenantFields, TenantRoute, TenantStatus } from './tenant.ts';
export { currentTenant, enterTenant, findCurrentTenant, runAsTenant } from './context.ts';
export * from './lifecycle.ts';
export { describeFailure } from './describe-failure.ts';
export { parseCreateTenantRequest, type CreateTenantDefaults } from './create-tenant-request.ts';
export type * from './fleet.ts';
export type * from './control.ts';
export type { CatalogDb, CatalogSchema, RunItemError } from './catalog/catalog-schema.ts';
export { findRoute } from './catalog/find-route.ts';
export { findTenantClaim, type TenantClaim } from './catalog/find-tenant-claim.ts';
export { findTenant, getTenant, listTenants } from './catalog/tenant-views.ts';
export { writeAudit, type AuditEntry } from './catalog/write-audit.ts';
export { reserveTenant } from './catalog/reserve-tenant.ts';
export {
  activateTenant,
  deactivateTenant,
  finishDeletingTenant,
  markTenantDeleting,
  markTenantFailed,
  setTenantSecret,
  setTenantVersion,
} from './catalog/tenant-status.ts';
export { startRun, type RunTarget } from './catalog/start-run.ts';
export {
  finishRun,
  judgeWave,
  nextWave,
  recordRunItem,
  type RunItemResult,
} from './catalog/run-waves.ts';
export { findRun } from './catalog/find-run.ts';
export {
  getReleaseState,
  recordRelease,
  setStaticSchemaVersion,
  type ReleaseHashes,
  type ReleaseState,
} from './catalog/releases.ts';
export { upsertCluster, type Cluster } from './catalog/clusters.ts';
