import type { CallerInput } from '@tenantry/middleware';
import {
  findTokenAccount,
  type PollsSharedTables,
  type PollsTenantTables,
  type TokenAccount,
} from '@tenantry/polls';
import { notSignedIn } from './problems.ts';

type Input = Pick<
  CallerInput<PollsTenantTables, PollsSharedTables>,
  'tenant' | 'db' | 'bearerToken'
>;

/**
 * The account that the request's token was given to. Throws `ProblemError` with 401 for a request without a token, and for a token of
 * another tenant or of the administration, one that was changed, or one that is past its time.
 */
export async function requireAccount({ tenant, db, bearerToken }: Input): Promise<TokenAccount> {
  const account = await findTokenAccount(
    db,
    { tenantId: tenant.id, use: 'api' },
    bearerToken ?? '',
  );
  if (account === undefined) throw notSignedIn();
  return account;
}
