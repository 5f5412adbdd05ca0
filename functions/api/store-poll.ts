import type { TenantContext } from '@tenantry/middleware';
import {
  findCategory,
  insertPoll,
  type newPoll,
  type PollsSharedTables,
  type PollsTenantTables,
  type TokenAccount,
} from '@tenantry/polls';
import type * as z from 'zod';
import { bodyInvalid } from './problems.ts';

type Context = TenantContext<PollsTenantTables, PollsSharedTables>;

/** Stores a new poll and answers its id and category. Throws `ProblemError` with 422 for a category that there is not. */
export async function storePoll(
  { db, shared, log }: Context,
  creator: TokenAccount,
  poll: z.output<typeof newPoll>,
) {
  const { question, choices } = poll;
  const category = poll.category === undefined ? null : await findCategory(shared, poll.category);
  if (category === undefined)
    throw bodyInvalid('category', 'is none of those that GET /categories lists');
  const id = await insertPoll(db, {
    question,
    choices,
    creatorId: creator.id,
    ...(category === null ? {} : { categoryId: category.id }),
  });
  if (id === undefined) throw new TypeError('the poll was not stored');
  log.info('poll created', { poll: String(id) });
  return { id, category };
}
