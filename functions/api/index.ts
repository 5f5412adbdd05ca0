import { openTenantDb } from '@tenantry/database';
import { createTenantResolver, tenantApi } from '@tenantry/middleware';
import { dialectFor, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { createPoll } from './create-poll.ts';
import { getPoll } from './get-poll.ts';
import { listCategories } from './list-categories.ts';
import { listPolls } from './list-polls.ts';

const environment = readEnvironment('clusterArn', 'database', 'catalogReaderSecretArn');

export const handler = tenantApi({
  endpoints: [listCategories, listPolls, createPoll, getPoll],
  resolver: createTenantResolver(openCatalog(environment, environment.catalogReaderSecretArn)),
  open: (route) => openTenantDb(dialectFor(route, route.secretArn)),
});
