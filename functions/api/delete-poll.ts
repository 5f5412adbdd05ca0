import { contract, deletePollOf, hasPoll } from '@tenantry/polls';
import { notTheCreator, pollNotFound } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const deletePoll = tenantEndpoint(
  contract.deletePoll,
  async ({ params, db, caller, log, reply }) => {
    const isDeleted = await deletePollOf(db, caller.id, params.id);
    if (!isDeleted) throw (await hasPoll(db, params.id)) ? notTheCreator() : pollNotFound();
    log.info('poll deleted', { poll: String(params.id) });
    return reply(204, undefined);
  },
);
