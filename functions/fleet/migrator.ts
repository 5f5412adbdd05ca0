import type { Context } from 'aws-lambda';
import type { MigrateFleetRequest, MigrateTenantsInput, StepEvent } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from '../lifecycle/run-step.ts';
import { beginRun } from './begin-run.ts';
import { openFleet } from './fleet.ts';
import { migrateWave } from './migrate-wave.ts';
import { notingFailure } from './noting-failure.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'migratorSecretArn',
  'indexerSecretArn',
  'catalogWriterSecretArn',
);
const fleet = openFleet(environment, readCompiledMigrations());

export async function handler(event: StepEvent<unknown>, context: Context): Promise<unknown> {
  const remainingMs = () => context.getRemainingTimeInMillis();
  const steps = stepHandler({
    'start-run': async (request: MigrateFleetRequest, execution) =>
      await beginRun(fleet, request, execution),
    'migrate-tenants': async (input: MigrateTenantsInput) =>
      await notingFailure(fleet.catalog, input.runId, () =>
        migrateWave(fleet, input, { remainingMs }),
      ),
  });
  return await steps(event);
}
