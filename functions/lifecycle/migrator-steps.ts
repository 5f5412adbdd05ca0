import {
  applyMigrations,
  lastMigration,
  tenantTarget,
  type CompiledScope,
} from '@tenantry/migrations';
import { setTenantVersion, type CatalogDb, type CreateTenantState } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { databaseOf, tenantIdOf } from './state.ts';

/** What the step of worker `migrator` works with. */
export interface MigratorStepsOptions {
  readonly migrator: Kysely<unknown>;
  /** The same login in another database of the cluster. */
  readonly openDatabase: (database: string) => Kysely<unknown>;
  readonly catalog: CatalogDb;
  /** The tenant migrations of this build. */
  readonly scope: CompiledScope;
}

/** The step of worker `migrator`, which becomes a tenant's owner to change its tables. */
export function migratorSteps(options: MigratorStepsOptions) {
  const { migrator, openDatabase, catalog, scope } = options;
  return {
    async migrate(state: CreateTenantState) {
      if (!state.request.migrate) return state;
      const tenantId = tenantIdOf(state);
      const database = databaseOf(state);
      const login = database === null ? migrator : openDatabase(database);
      await applyMigrations(login, tenantTarget(tenantId), scope.migrations, { isUnused: true });
      await setTenantVersion(catalog, [tenantId], {
        version: lastMigration(scope),
        hash: scope.hash,
      });
      return state;
    },
  };
}
