import { contract, selectCategories } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const listCategories = tenantEndpoint(contract.listCategories, async ({ shared, reply }) =>
  reply(200, { categories: await selectCategories(shared) }),
);
