import { contract, findCategory, findPoll, insertPoll } from '@tenantry/polls';
import { bodyInvalid } from './problems.ts';
import { requireAccount } from './require-account.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createPoll = tenantEndpoint(contract.createPoll, async (input) => {
  const { body, db, shared, log, reply } = input;
  const creator = await requireAccount(input);
  const { question, choices } = body;
  const category = body.category === undefined ? null : await findCategory(shared, body.category);
  if (category === undefined)
    throw bodyInvalid('category', 'is none of those that GET /categories lists');
  const id = await insertPoll(db, {
    question,
    choices,
    creatorId: creator.id,
    ...(category === null ? {} : { categoryId: category.id }),
  });
  const poll = id === undefined ? undefined : await findPoll(db, id);
  if (poll === undefined) throw new TypeError('the poll was not stored');
  log.info('poll created', { poll: String(poll.id) });
  return reply(201, { ...poll, category });
});
