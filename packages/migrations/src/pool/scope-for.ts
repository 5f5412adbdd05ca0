import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledScope } from '../compiled-migrations.ts';
import { pooledMigrations } from './pooled-migrations.ts';

/** The migrations as they run in a target: those of a pool in the form for shared tables. Throws as `pooledMigrations` does. */
export function scopeFor(
  target: Pick<MigrationTarget, 'tenants'>,
  scope: CompiledScope,
): CompiledScope {
  if (target.tenants === undefined) return scope;
  return { ...scope, migrations: pooledMigrations(scope.migrations) };
}
