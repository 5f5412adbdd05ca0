import type { TenantDb } from '@tenantry/database';
import { findAccount } from './account-queries.ts';
import type { TenantTables } from './generated/tenant-tables.gen.ts';
import { isPasswordOf } from './password-verifier.ts';
import { claimSignInAttempt, clearSignInAttempts } from './sign-in-attempts.ts';

/** A user name and what is said to be its password. */
export interface SignInRequest {
  readonly username: string;
  readonly password: string;
}

/** What became of it: an unknown user name and a wrong password are the same. */
export type SignInResult =
  | { readonly kind: 'signed-in'; readonly accountId: bigint; readonly isAdministrator: boolean }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/**
 * Checks a password. A user name that has failed too often must wait, whether there is such an account or not, and the right password
 * does not help it.
 */
export async function signIn(
  db: TenantDb<TenantTables>,
  { username, password }: SignInRequest,
): Promise<SignInResult> {
  const retryAfterSeconds = await claimSignInAttempt(db, username);
  if (retryAfterSeconds !== undefined) return { kind: 'throttled', retryAfterSeconds };
  const account = await findAccount(db, username);
  const isRight = await isPasswordOf(password, account?.passwordVerifier);
  if (account === undefined || !isRight) return { kind: 'refused' };
  await clearSignInAttempts(db, username);
  return { kind: 'signed-in', accountId: account.id, isAdministrator: account.administrator };
}
