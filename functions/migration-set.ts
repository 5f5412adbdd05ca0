import type { CompiledMigrations } from '@tenantry/migrations';
import type { MigrationChecksums, TargetSet } from '@tenantry/tenancy';

/** The tenant migrations of a build, as selectors know them. */
export function targetSetOf({ scopes }: CompiledMigrations): TargetSet {
  const { hash, migrations } = scopes.tenant;
  return { hash, migrations: migrations.map(({ id }) => id) };
}

/** The checksums by which a later build tells what of a run's migrations has changed. */
export function checksumsOf({ scopes }: CompiledMigrations): MigrationChecksums {
  return Object.fromEntries(scopes.tenant.migrations.map(({ id, checksum }) => [id, checksum]));
}
