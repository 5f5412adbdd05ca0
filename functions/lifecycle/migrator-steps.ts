import {
  applyMigrations,
  lastMigration,
  tenantTarget,
  type CompiledScope,
} from '@tenantry/migrations';
import type { CreateTenantState } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { databaseOf, tenantIdOf } from './state.ts';

/** What the step of worker `migrator` works with. */
export interface MigratorStepsOptions {
  readonly migrator: Kysely<unknown>;
  /** The same login in another database of the cluster. */
  readonly openDatabase: (database: string) => Kysely<unknown>;
  /** The tenant migrations of this build. */
  readonly scope: CompiledScope;
}

/** The step of worker `migrator`, which becomes a tenant's owner to change its tables. */
export function migratorSteps(options: MigratorStepsOptions) {
  const { migrator, openDatabase, scope } = options;
  return {
    async migrate(state: CreateTenantState) {
      if (!state.request.migrate) return state;
      const tenantId = tenantIdOf(state);
      const database = databaseOf(state);
      const login = database === null ? migrator : openDatabase(database);
      await applyMigrations(login, tenantTarget(tenantId), scope.migrations, { isUnused: true });
      return { ...state, migrated: { version: lastMigration(scope), hash: scope.hash } };
    },
  };
}
