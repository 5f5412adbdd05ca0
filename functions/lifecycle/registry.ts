import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { registrySteps } from './registry-steps.ts';
import { stepHandler } from './run-step.ts';

const environment = readEnvironment('clusterArn', 'database', 'catalogWriterSecretArn');

export const handler = stepHandler(
  registrySteps(openCatalog(environment, environment.catalogWriterSecretArn)),
);
