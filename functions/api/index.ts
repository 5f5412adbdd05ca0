import { createLambdaMetrics, tenantApi } from '@tenantry/middleware';
import { readEnvironment } from '../environment.ts';
import { openCaches } from '../open-caches.ts';
import { adminPages } from './admin/index.ts';
import { openApplication } from './application.ts';
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

const environment = readEnvironment('cacheTableName', 'cacheRoleArn');

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
  ...openApplication(),
  cache: openCaches(environment),
  metrics: createLambdaMetrics({ service: 'api' }),
});
