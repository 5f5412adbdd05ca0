import { createSecretsClient, readCredentials } from '@tenantry/database';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { provisionerSteps } from './provisioner-steps.ts';
import { stepHandler } from './run-step.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'provisionerSecretArn',
  'catalogWriterSecretArn',
);
const client = createSecretsClient();

export const handler = stepHandler(
  provisionerSteps({
    provisioner: openAs(environment, environment.provisionerSecretArn),
    openDatabase: (database) =>
      openAs({ ...environment, database }, environment.provisionerSecretArn),
    catalog: openCatalog(environment, environment.catalogWriterSecretArn),
    readCredentials: async (secretArn) => await readCredentials(client, secretArn),
  }),
);
