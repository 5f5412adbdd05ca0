import { contract, createPasswordVerifier, insertAccount } from '@tenantry/polls';
import { usernameTaken } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createAccount = tenantEndpoint(
  contract.createAccount,
  async ({ body, db, log, reply }) => {
    const passwordVerifier = await createPasswordVerifier(body.password);
    const account = await insertAccount(db, { username: body.username, passwordVerifier });
    if (account === undefined) throw usernameTaken();
    log.info('account created', { account: String(account.id) });
    return reply(201, account);
  },
);
