import { contract, findPoll } from '@tenantry/polls';
import { pollNotFound } from './problems.ts';
import { storePoll } from './store-poll.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createPoll = tenantEndpoint(contract.createPoll, async (input) => {
  const { body, db, caller, reply } = input;
  const { id, category } = await storePoll(input, caller, body);
  const poll = await findPoll(db, id);
  if (poll === undefined) throw pollNotFound();
  return reply(201, { ...poll, category });
});
