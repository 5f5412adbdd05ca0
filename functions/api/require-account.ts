import type { TenantContext } from '@tenantry/middleware';
import {
  findAccessClaims,
  findAccountWithSigningSecret,
  isSignedWith,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import { notSignedIn } from './problems.ts';

type Input = Pick<TenantContext<PollsTenantTables, PollsSharedTables>, 'tenant' | 'db'> & {
  readonly bearerToken: string | undefined;
};

/** Who is signed in. */
export interface SignedInAccount {
  readonly id: bigint;
  readonly username: string;
}

/**
 * The account that the request's token was given to. Throws `ProblemError` with 401 for a request without a token, and for a token of
 * another tenant, one that was changed, or one that is past its time.
 */
export async function requireAccount({ tenant, db, bearerToken }: Input): Promise<SignedInAccount> {
  const token = bearerToken ?? '';
  const claims = findAccessClaims(token);
  if (claims === undefined || claims.tenantId !== tenant.id) throw notSignedIn();
  if (claims.expiresAt.getTime() <= Date.now()) throw notSignedIn();
  const account = await findAccountWithSigningSecret(db, claims.accountId);
  if (account === undefined || !isSignedWith(token, account.secret)) throw notSignedIn();
  return { id: account.id, username: account.username };
}
