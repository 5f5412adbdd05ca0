import { contract, deletePollOf, hasPoll } from '@tenantry/polls';
import { notTheCreator, pollNotFound } from './problems.ts';
import { requireAccount } from './require-account.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const deletePoll = tenantEndpoint(contract.deletePoll, async (input) => {
  const { params, db, log, reply } = input;
  const account = await requireAccount(input);
  const isDeleted = await deletePollOf(db, account.id, params.id);
  if (!isDeleted) throw (await hasPoll(db, params.id)) ? notTheCreator() : pollNotFound();
  log.info('poll deleted', { poll: String(params.id) });
  return reply(204, undefined);
});
