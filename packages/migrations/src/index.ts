export {
  lastMigration,
  scopes,
  type CompiledMigration,
  type CompiledMigrations,
  type CompiledScope,
  type MigrationStatement,
  type Scope,
} from './compiled-migrations.ts';
export { compileMigrations } from './compile-migrations.ts';
export type { MigrationDb, MigrationFunction } from './compile-ts-file.ts';
export { applyMigrations, type ApplyResult, type MigrationTarget } from './apply-migrations.ts';
export { planMigrations, type MigrationPlan } from './plan-migrations.ts';
export { readLedger, type LedgerRow } from './read-ledger.ts';
export { staticTargets, tenantTarget } from './migration-targets.ts';
export { describeMigratedSchemas } from './describe-migrated-schemas.ts';
export { generateTypes, type TypedScope } from './generate-types.ts';
export { defineConfig, type TenantryConfig } from './define-config.ts';
