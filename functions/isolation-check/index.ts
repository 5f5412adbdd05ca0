import type { IsolationCheckActions } from '@tenantry/tenancy';
import * as z from 'zod';
import { answerAction } from '../answer-action.ts';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { checkIsolation } from './check-isolation.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'catalogReaderSecretArn',
  'cacheTableName',
  'cacheRoleArn',
);
const catalog = openCatalog(environment, environment.catalogReaderSecretArn);

const host = z.string().min(1).max(253);
const inputs = {
  'check-isolation': z.object({ attacker: host, victim: host }),
} as const satisfies Record<keyof IsolationCheckActions, z.ZodType>;

/** Attacks one synthetic tenant with the login of another, to prove the walls of a real deployment. */
export const handler = answerAction<IsolationCheckActions>(inputs, {
  'check-isolation': async (input) =>
    await checkIsolation(input, {
      catalog,
      openAs,
      home: environment,
      caches: { tableName: environment.cacheTableName, roleArn: environment.cacheRoleArn },
    }),
});
