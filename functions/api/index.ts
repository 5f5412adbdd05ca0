import { createLambdaMetrics, createTenantResolver, tenantApi } from '@tenantry/middleware';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { adminPages } from './admin/index.ts';
import { createAccount } from './create-account.ts';
import { createPoll } from './create-poll.ts';
import { createSession } from './create-session.ts';
import { createVote } from './create-vote.ts';
import { deletePoll } from './delete-poll.ts';
import { getOpenApi } from './get-open-api.ts';
import { getPoll } from './get-poll.ts';
import { listCategories } from './list-categories.ts';
import { listPolls } from './list-polls.ts';

const environment = readEnvironment('clusterArn', 'database', 'catalogReaderSecretArn');

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
    getOpenApi,
    ...adminPages,
  ],
  resolver: createTenantResolver(openCatalog(environment, environment.catalogReaderSecretArn)),
  open: (route) => openTenantTables(route, { secretArn: route.secretArn, home: environment }),
  metrics: createLambdaMetrics({ service: 'api' }),
});
