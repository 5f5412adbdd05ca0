import { contract, countVisit as count } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const countVisit = tenantEndpoint(contract.countVisit, async ({ cache, reply }) =>
  reply(200, { visits: await count(cache) }),
);
