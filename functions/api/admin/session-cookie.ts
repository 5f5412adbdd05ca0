import { originOf } from '@tenantry/middleware';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The token of the browser's session, not yet checked. */
export function findSessionToken(event: APIGatewayProxyEventV2): string | undefined {
  const prefix = `${cookieName(event)}=`;
  const cookie = event.cookies?.find((candidate) => candidate.startsWith(prefix));
  return cookie?.slice(prefix.length);
}

/** Begins the browser's session: no script reads the cookie, no other site's request and no other host gets it. */
export function sessionCookie(
  event: APIGatewayProxyEventV2,
  session: { readonly token: string; readonly expiresAt: Date },
): string {
  return `${cookieName(event)}=${session.token}; Expires=${session.expiresAt.toUTCString()}; ${attributes(event)}`;
}

/** Ends the browser's session. */
export function endedSessionCookie(event: APIGatewayProxyEventV2): string {
  return `${cookieName(event)}=; Max-Age=0; ${attributes(event)}`;
}

// Browsers take a name that begins so only from the host itself over HTTPS: no other tenant's host can set it.
function cookieName(event: APIGatewayProxyEventV2): string {
  return isSecure(event) ? '__Host-admin' : 'admin';
}

function attributes(event: APIGatewayProxyEventV2): string {
  return `Path=/; HttpOnly; SameSite=Strict${isSecure(event) ? '; Secure' : ''}`;
}

function isSecure(event: APIGatewayProxyEventV2): boolean {
  return originOf(event).startsWith('https:');
}
