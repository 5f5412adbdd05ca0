import { contract, findCategory, findPoll } from '@tenantry/polls';
import { pollNotFound } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const getPoll = tenantEndpoint(contract.getPoll, async ({ params, db, shared, reply }) => {
  const poll = await findPoll(db, params.id);
  if (poll === undefined) throw pollNotFound();
  const category =
    poll.categoryId === null ? undefined : await findCategory(shared, poll.categoryId);
  return reply(200, { ...poll, category: category ?? null });
});
