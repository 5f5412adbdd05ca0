import { contract, findVisits } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const getVisits = tenantEndpoint(contract.getVisits, async ({ cache, reply }) =>
  reply(200, { visits: await findVisits(cache) }),
);
