import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openAt } from '../customer-servers.ts';
import { openForDdl } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { migratorSteps } from './migrator-steps.ts';
import { addressOf } from './place.ts';
import { stepHandler } from './run-step.ts';

const environment = readEnvironment('clusterArn', 'database', 'migratorSecretArn');

export const handler = stepHandler(
  migratorSteps({
    openMigrator: (place) => {
      const address = addressOf(environment, place);
      const { migratorSecretArn } = place.customer ?? {};
      return migratorSecretArn === undefined
        ? openForDdl(address, (place.cluster ?? environment).migratorSecretArn)
        : openAt(address, migratorSecretArn);
    },
    scope: readCompiledMigrations().scopes.tenant,
  }),
);
