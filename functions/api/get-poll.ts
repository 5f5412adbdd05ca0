import { contract, findCategory, findPoll } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const getPoll = tenantEndpoint(contract.getPoll, async ({ params, db, shared, reply }) => {
  const poll = await findPoll(db, params.id);
  if (poll === undefined) {
    return reply(404, {
      status: 404,
      code: 'POLL_NOT_FOUND',
      title: 'Not Found',
      detail: 'There is no such poll.',
    });
  }
  const category =
    poll.categoryId === null ? undefined : await findCategory(shared, poll.categoryId);
  return reply(200, { ...poll, category: category ?? null });
});
