import type { Context } from 'aws-lambda';
import type { MigrateFleetRequest, MigrateTenantsInput, StepEvent } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from '../lifecycle/run-step.ts';
import { beginRun } from './begin-run.ts';
import { openFleet } from './fleet.ts';
import { migrateWave } from './migrate-wave.ts';

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
      await migrateWave(fleet, input, { remainingMs }),
  });
  return await steps(event);
}
