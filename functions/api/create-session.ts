import { contract, issueAccountToken, signIn } from '@tenantry/polls';
import { signInRefused, signInThrottled } from './problems.ts';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const createSession = tenantEndpoint(
  contract.createSession,
  async ({ body, tenant, db, reply }) => {
    const result = await signIn(db, body);
    if (result.kind === 'throttled') throw signInThrottled(result.retryAfterSeconds);
    if (result.kind === 'refused') throw signInRefused();
    const place = { tenantId: tenant.id, use: 'api' } as const;
    return reply(201, await issueAccountToken(db, place, result.accountId));
  },
);
