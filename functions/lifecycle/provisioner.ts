import { createSecretsClient, deleteSecret, readCredentials } from '@tenantry/database';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { addressOf } from './place.ts';
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
    openProvisioner: (place) =>
      openAs(addressOf(environment, place), (place.cluster ?? environment).provisionerSecretArn),
    catalog: openCatalog(environment, environment.catalogWriterSecretArn),
    readCredentials: async (secretArn) => await readCredentials(client, secretArn),
    deleteSecret: async (secretArn) => await deleteSecret(client, secretArn),
  }),
);
