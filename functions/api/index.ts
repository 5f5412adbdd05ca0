import { createLambdaMetrics, createTenantResolver, tenantApi } from '@tenantry/middleware';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openCaches } from '../open-caches.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { adminPages } from './admin/index.ts';
import { countVisit } from './count-visit.ts';
import { createAccount } from './create-account.ts';
import { createPoll } from './create-poll.ts';
import { createSession } from './create-session.ts';
import { createVote } from './create-vote.ts';
import { deletePoll } from './delete-poll.ts';
import { getOpenApi } from './get-open-api.ts';
import { getPoll } from './get-poll.ts';
import { getVisits } from './get-visits.ts';
import { listCategories } from './list-categories.ts';
import { listPolls } from './list-polls.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'catalogReaderSecretArn',
  'cacheTableName',
  'cacheRoleArn',
);

export const handler = tenantApi({
  endpoints: [
    createAccount,
    createSession,
    listCategories,
    listPolls,
    createPoll,
    getPoll,
    deletePoll,
    createVote,
    getVisits,
    countVisit,
    getOpenApi,
    ...adminPages,
  ],
  resolver: createTenantResolver(openCatalog(environment, environment.catalogReaderSecretArn)),
  open: (route) =>
    openTenantTables(route, { secretArn: route.secretArn, home: environment, pool: route.pool }),
  cache: openCaches(environment),
  metrics: createLambdaMetrics({ service: 'api' }),
});
