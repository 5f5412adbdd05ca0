import {
  applyMigrations,
  lastMigration,
  tenantTarget,
  type CompiledScope,
} from '@tenantry/migrations';
import { setTenantVersion, type CatalogDb, type CreateTenantState } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { tenantIdOf } from './state.ts';

/** What the step of worker `migrator` works with. */
export interface MigratorStepsOptions {
  readonly migrator: Kysely<unknown>;
  readonly catalog: CatalogDb;
  /** The tenant migrations of this build. */
  readonly scope: CompiledScope;
}

/** The step of worker `migrator`, which becomes a tenant's owner to change its tables. */
export function migratorSteps({ migrator, catalog, scope }: MigratorStepsOptions) {
  return {
    async migrate(state: CreateTenantState) {
      if (!state.request.migrate) return state;
      const tenantId = tenantIdOf(state);
      await applyMigrations(migrator, tenantTarget(tenantId), scope.migrations, { isUnused: true });
      await setTenantVersion(catalog, [tenantId], {
        version: lastMigration(scope),
        hash: scope.hash,
      });
      return state;
    },
  };
}
