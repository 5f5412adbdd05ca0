import { ProblemError } from '@tenantry/middleware';
import { contract, findCategory, findPoll, insertPoll } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createPoll = tenantEndpoint(
  contract.createPoll,
  async ({ body, db, shared, log, reply }) => {
    const { question, choices } = body;
    const category = body.category === undefined ? null : await findCategory(shared, body.category);
    if (category === undefined) throw unknownCategory();
    const id = await insertPoll(db, {
      question,
      choices,
      ...(category === null ? {} : { categoryId: category.id }),
    });
    const poll = id === undefined ? undefined : await findPoll(db, id);
    if (poll === undefined) throw new TypeError('the poll was not stored');
    log.info('poll created', { poll: String(poll.id) });
    return reply(201, { ...poll, category });
  },
);

function unknownCategory(): ProblemError {
  return new ProblemError({
    status: 422,
    code: 'BODY_INVALID',
    title: 'Unprocessable Content',
    detail: 'The body does not fit.',
    errors: [{ path: 'category', message: 'is none of those that GET /categories lists' }],
  });
}
