import { contract, selectPolls } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const listPolls = tenantEndpoint(contract.listPolls, async ({ db, reply }) =>
  reply(200, { polls: await selectPolls(db) }),
);
