import { applyMigrations, lastMigration, tenantTarget } from '@tenantry/migrations';
import { setTenantVersion, type CreateTenantState } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'migratorSecretArn',
  'catalogWriterSecretArn',
);
const migrator = openAs(environment, environment.migratorSecretArn);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
const { tenant: scope } = readCompiledMigrations().scopes;

export const handler = stepHandler({
  async migrate(state: CreateTenantState) {
    if (!state.request.migrate) return state;
    const tenantId = tenantIdOf(state);
    await applyMigrations(migrator, tenantTarget(tenantId), scope.migrations);
    await setTenantVersion(catalog, [tenantId], {
      version: lastMigration(scope),
      hash: scope.hash,
    });
    return state;
  },
});
