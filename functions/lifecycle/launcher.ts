import { createSecretsClient } from '@tenantry/database';
import { ApplicationStacks } from '../applications/application-stacks.ts';
import { openFurtherCluster } from '../clusters/open-further-cluster.ts';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { launcherSteps } from './launcher-steps.ts';
import { stepHandler } from './run-step.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'applicationTemplateUrl',
  'applicationRoleArn',
);
const client = createSecretsClient();

export const handler = stepHandler(
  launcherSteps({
    stacks: new ApplicationStacks({
      stage: environment.stage,
      templateUrl: environment.applicationTemplateUrl,
      roleArn: environment.applicationRoleArn,
    }),
    catalog: openCatalog(environment, environment.catalogWriterSecretArn),
    openCluster: async (place) => await openFurtherCluster(client, environment.stage, place),
  }),
);
