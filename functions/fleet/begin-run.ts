import type { Kysely } from 'kysely';
import {
  applyMigrations,
  lastMigration,
  staticTargets,
  type CompiledMigrations,
} from '@tenantry/migrations';
import {
  MigrationInvalidError,
  setStaticSchemaVersion,
  startRun,
  type CatalogDb,
  type MigrateFleetRequest,
  type StartRunResult,
} from '@tenantry/tenancy';

/** What fleet functions work with: the migrator's and the catalog's database, and the migrations of this build. */
export interface Fleet {
  readonly migrator: Kysely<unknown>;
  readonly catalog: CatalogDb;
  readonly compiled: CompiledMigrations;
}

/**
 * Brings the static schemas up to date, then opens or joins the run over the selected tenants. Throws `MigrationInvalidError` when the
 * run is meant for another build's migrations.
 */
export async function beginRun(
  fleet: Fleet,
  request: MigrateFleetRequest,
  execution: string,
): Promise<StartRunResult> {
  const { compiled, catalog } = fleet;
  if (request.hash !== compiled.hash) {
    throw new MigrationInvalidError(
      'migrations',
      `the run is for set ${request.hash.slice(0, 12)}, this build holds ${compiled.hash.slice(0, 12)}`,
    );
  }
  for (const name of ['shared', 'site'] as const) {
    const scope = compiled.scopes[name];
    await applyMigrations(fleet.migrator, staticTargets[name], scope.migrations);
    await setStaticSchemaVersion(catalog, name, {
      version: lastMigration(scope),
      hash: scope.hash,
    });
  }
  const { tenant } = compiled.scopes;
  return await startRun(
    catalog,
    { ...request, execution },
    { hash: compiled.hash, tenantHash: tenant.hash, tenantVersion: lastMigration(tenant) },
  );
}
