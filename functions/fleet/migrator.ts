import type { MigrateFleetRequest, MigrateTenantsBatch, StepEvent } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from '../lifecycle/run-step.ts';
import { beginRun } from './begin-run.ts';
import { migrateBatch } from './migrate-batch.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'migratorSecretArn',
  'catalogWriterSecretArn',
);
const fleet = {
  migrator: openAs(environment, environment.migratorSecretArn),
  catalog: openCatalog(environment, environment.catalogWriterSecretArn),
  compiled: readCompiledMigrations(),
};

const steps = stepHandler({
  'start-run': async (request: MigrateFleetRequest, execution) =>
    await beginRun(fleet, request, execution),
});

/** Either a step of `migrate-fleet`, or a batch that its map hands out. */
export async function handler(event: StepEvent<unknown> | MigrateTenantsBatch): Promise<unknown> {
  if (!('Items' in event)) return await steps(event);
  return await migrateBatch(fleet, { runId: event.BatchInput.runId, tenantIds: event.Items });
}
