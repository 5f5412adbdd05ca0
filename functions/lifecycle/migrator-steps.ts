import {
  applyMigrations,
  lastMigration,
  tenantTarget,
  type CompiledScope,
} from '@tenantry/migrations';
import type { CreateTenantState } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { migratePool } from './migrate-pool.ts';
import { placeOf, type TenantPlace } from './place.ts';
import { hasTablesIn, poolOf, tenantIdOf } from './state.ts';

/** What the step of worker `migrator` works with. */
export interface MigratorStepsOptions {
  /** As `platform_migrator` of the place's cluster. */
  readonly openMigrator: (place: TenantPlace) => Kysely<unknown>;
  /** The tenant migrations of this build. */
  readonly scope: CompiledScope;
}

/** The step of worker `migrator`, which becomes a tenant's owner to change its tables. */
export function migratorSteps(options: MigratorStepsOptions) {
  const { openMigrator, scope } = options;
  return {
    async migrate(state: CreateTenantState) {
      if (!hasTablesIn(state)) return state;
      const { migrate } = state.request;
      const [id, pool] = [tenantIdOf(state), poolOf(state)];
      const migrator = openMigrator(placeOf(state));
      if (pool !== null) {
        const migrated = await migratePool(migrator, { id, pool, scope, migrate });
        return { ...state, ...(migrated && { migrated }) };
      }
      if (!migrate) return state;
      await applyMigrations(migrator, tenantTarget(id), scope.migrations, { isUnused: true });
      return { ...state, migrated: { version: lastMigration(scope), hash: scope.hash } };
    },
  };
}
