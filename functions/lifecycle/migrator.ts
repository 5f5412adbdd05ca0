import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openForDdl } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { migratorSteps } from './migrator-steps.ts';
import { stepHandler } from './run-step.ts';

const environment = readEnvironment('clusterArn', 'database', 'migratorSecretArn');

export const handler = stepHandler(
  migratorSteps({
    migrator: openForDdl(environment, environment.migratorSecretArn),
    openDatabase: (database) =>
      openForDdl({ ...environment, database }, environment.migratorSecretArn),
    scope: readCompiledMigrations().scopes.tenant,
  }),
);
