import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

/** Where a token lets its account in: one from the API's sign-in never opens the administration, whatever becomes of its account. */
export type TokenUse = 'api' | 'administration';

/** What an access token says. */
export interface AccessClaims {
  readonly accountId: bigint;
  /** The token is good for this tenant only. */
  readonly tenantId: string;
  readonly use: TokenUse;
  /** The token is good until then. */
  readonly expiresAt: Date;
}

const claimsShape = z
  .object({
    sub: z.string().regex(/^[1-9]\d{0,17}$/),
    tenant: z.string(),
    use: z.enum(['api', 'administration']),
    exp: z.int().nonnegative(),
  })
  .transform(({ sub, tenant, use, exp }) => ({
    accountId: BigInt(sub),
    tenantId: tenant,
    use,
    expiresAt: new Date(exp * 1000),
  }));

/** A token that whoever has the secret can check: `<claims>.<signature>`, both base64url; the signature is HMAC-SHA256. */
export function signAccessToken(claims: AccessClaims, secret: Buffer): string {
  const json = JSON.stringify({
    sub: String(claims.accountId),
    tenant: claims.tenantId,
    use: claims.use,
    exp: Math.floor(claims.expiresAt.getTime() / 1000),
  });
  const payload = Buffer.from(json).toString('base64url');
  return `${payload}.${signatureOf(payload, secret)}`;
}

/** What a token says, or undefined for text that is no token. Nobody has checked yet who signed it. */
export function findAccessClaims(token: string): AccessClaims | undefined {
  const [payload = '', ...rest] = token.split('.');
  if (rest.length !== 1) return undefined;
  return claimsShape.safeParse(findJson(Buffer.from(payload, 'base64url').toString())).data;
}

/** Whether the token was signed with this secret. */
export function isSignedWith(token: string, secret: Buffer): boolean {
  const [payload = '', signature = ''] = token.split('.');
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(payload, secret))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function signatureOf(payload: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(payload).digest('base64url');
}

function findJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
