import { openAs } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { stepHandler } from './run-step.ts';
import { tenantSteps } from './tenant-steps.ts';

const environment = readEnvironment('clusterArn', 'database');
const addressOf = (database: string | null) =>
  database === null ? environment : { ...environment, database };

export const handler = stepHandler(
  tenantSteps({
    openTables: ({ secretArn, database }) =>
      openTenantTables(addressOf(database), { secretArn, home: environment }),
    withLogin: async ({ secretArn, database }, fn) =>
      await fn(openAs(addressOf(database), secretArn)),
  }),
);
