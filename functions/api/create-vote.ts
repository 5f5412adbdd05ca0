import { contract, hasChoice, hasPoll, insertVote } from '@tenantry/polls';
import { alreadyVoted, bodyInvalid, pollNotFound } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createVote = tenantEndpoint(
  contract.createVote,
  async ({ params, body, db, caller, reply }) => {
    const vote = { pollId: params.id, choiceId: body.choiceId };
    if (!(await hasChoice(db, vote.pollId, vote.choiceId))) {
      if (!(await hasPoll(db, vote.pollId))) throw pollNotFound();
      throw bodyInvalid('choiceId', 'is no choice of this poll');
    }
    const isCounted = await insertVote(db, { ...vote, accountId: caller.id });
    if (!isCounted) throw alreadyVoted();
    return reply(201, vote);
  },
);
