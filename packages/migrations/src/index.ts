export {
  lastMigration,
  scopes,
  type CompiledMigration,
  type CompiledMigrations,
  type CompiledScope,
  type MigrationForm,
  type Scope,
} from './compiled-migrations.ts';
export type { MigrationStatement } from './migration-statement.ts';
export type { StatementEffect } from './find-effects.ts';
export { compileMigrations } from './compile-migrations.ts';
export type { MigrationDb, MigrationFunction } from './parse-exports.ts';
export { applyMigrations, type ApplyResult } from './apply-migrations.ts';
export { applyToEach, type EachResult, type KnownTarget } from './apply-to-each.ts';
export type { ApplyOptions, MigrationProgress, MigrationTarget } from './apply-options.ts';
export { revertMigrations, type RevertResult } from './revert-migrations.ts';
export { selectMigrations } from './select-migrations.ts';
export { selectReverts, type RevertSelection } from './select-reverts.ts';
export { markMigration } from './mark-migration.ts';
export { concurrentSql, type ConcurrentIndex } from './concurrent-index.ts';
export { readLedger, type LedgerRow } from './read-ledger.ts';
export { listApplied } from './list-applied.ts';
export { pooledMigrations } from './pool/pooled-migrations.ts';
export { scopeFor } from './pool/scope-for.ts';
export { poolTarget, staticTargets, tenantTarget } from './migration-targets.ts';
export { describeMigratedSchemas } from './describe-migrated-schemas.ts';
export { generateTypes, type TypedScope } from './generate-types.ts';
export {
  defineConfig,
  type CreateAdmin,
  type NewAdmin,
  type TenantryConfig,
} from './define-config.ts';
export { lintMigrations } from './lint/lint-migrations.ts';
export { newMigration } from './new-migration.ts';
export { checkSchemas, type CheckResult, type SchemaFinding } from './fingerprint/check-schemas.ts';
export { findBaseline } from './fingerprint/find-baseline.ts';
export { assertMarkFits } from './fingerprint/assert-mark-fits.ts';
export { planTenant } from './plan/plan-tenant.ts';
export { planChange, type PlannedChange } from './plan/plan-change.ts';
export { measureStatements, sumRows } from './plan/measure-change.ts';
