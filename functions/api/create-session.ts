import {
  contract,
  ensureSigningSecret,
  findAccount,
  isPasswordOf,
  signAccessToken,
} from '@tenantry/polls';
import { signInRefused } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

const lifetimeMs = 12 * 60 * 60 * 1000;

export const createSession = tenantEndpoint(
  contract.createSession,
  async ({ body, tenant, db, reply }) => {
    const account = await findAccount(db, body.username);
    const isRight = await isPasswordOf(body.password, account?.passwordVerifier);
    if (account === undefined || !isRight) throw signInRefused();
    const expiresAt = new Date(Date.now() + lifetimeMs);
    const claims = { accountId: account.id, tenantId: tenant.id, expiresAt };
    const token = signAccessToken(claims, await ensureSigningSecret(db));
    return reply(201, { token, expiresAt });
  },
);
