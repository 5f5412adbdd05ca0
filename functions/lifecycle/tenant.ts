import { openAs } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { stepHandler } from './run-step.ts';
import { tenantSteps } from './tenant-steps.ts';

const environment = readEnvironment('clusterArn', 'database');

export const handler = stepHandler(
  tenantSteps({
    openTables: (secretArn) => openTenantTables(environment, secretArn),
    withLogin: async (secretArn, fn) => await fn(openAs(environment, secretArn)),
  }),
);
