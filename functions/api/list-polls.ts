import { contract, selectPolls } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const listPolls = tenantEndpoint(contract.listPolls, async ({ query, db, reply }) =>
  reply(200, await selectPolls(db, query)),
);
