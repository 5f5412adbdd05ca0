import type { TenantDb } from '@tenantry/database';
import { findAccessClaims, isSignedWith, signAccessToken, type TokenUse } from './access-token.ts';
import { ensureSigningSecret, findAccountWithSigningSecret } from './account-queries.ts';
import type { TenantTables } from './generated/tenant-tables.gen.ts';

const lifetimeMs = 12 * 60 * 60 * 1000;

/** Whom a token was given to. */
export interface TokenAccount {
  readonly id: bigint;
  readonly username: string;
  readonly administrator: boolean;
}

/** Where a token is good. */
export interface TokenPlace {
  readonly tenantId: string;
  readonly use: TokenUse;
}

/** A token of an account, good at this tenant and for this use only, and for 12 hours. */
export async function issueAccountToken(
  db: TenantDb<TenantTables>,
  { tenantId, use }: TokenPlace,
  accountId: bigint,
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const expiresAt = new Date(Date.now() + lifetimeMs);
  const secret = await ensureSigningSecret(db);
  return { token: signAccessToken({ accountId, tenantId, use, expiresAt }, secret), expiresAt };
}

/** The account that a token was given to; undefined for a token of another place, one that was changed, and one past its time. */
export async function findTokenAccount(
  db: TenantDb<TenantTables>,
  { tenantId, use }: TokenPlace,
  token: string,
): Promise<TokenAccount | undefined> {
  const claims = findAccessClaims(token);
  if (claims?.tenantId !== tenantId || claims.use !== use) return undefined;
  if (claims.expiresAt.getTime() <= Date.now()) return undefined;
  const account = await findAccountWithSigningSecret(db, claims.accountId);
  if (account === undefined || !isSignedWith(token, account.secret)) return undefined;
  const { secret: _, ...known } = account;
  return known;
}
