import { createSecretsClient } from '@tenantry/database';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { secretsSteps } from './secrets-steps.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'tenantSecretPrefix',
);

export const handler = stepHandler(
  secretsSteps({
    catalog: openCatalog(environment, environment.catalogWriterSecretArn),
    client: createSecretsClient(),
    place: { prefix: environment.tenantSecretPrefix, stage: environment.stage },
  }),
);
