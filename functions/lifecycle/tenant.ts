import { openAt } from '../customer-servers.ts';
import { readEnvironment } from '../environment.ts';
import { openCaches } from '../open-caches.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { cacheSteps } from './cache-steps.ts';
import { addressOf } from './place.ts';
import { stepHandler } from './run-step.ts';
import { tenantSteps } from './tenant-steps.ts';

const environment = readEnvironment('clusterArn', 'database', 'cacheTableName', 'cacheRoleArn');

export const handler = stepHandler({
  ...tenantSteps({
    openTables: ({ secretArn, place, pool }) =>
      openTenantTables(addressOf(environment, place), { secretArn, home: environment, pool }),
    withLogin: async ({ secretArn, place }, fn) =>
      await fn(openAt(addressOf(environment, place), secretArn)),
  }),
  ...cacheSteps(openCaches(environment)),
});
