import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import { endedSessionCookie, findSessionToken, sessionCookie } from './session-cookie.ts';

const eventBy = (scheme: string, cookies: string[] = []) =>
  ({
    cookies,
    headers: { 'x-forwarded-proto': scheme },
    requestContext: { domainName: 'acme.example.com' },
  }) as unknown as APIGatewayProxyEventV2;

const session = { token: 'abc.def', expiresAt: new Date('2026-01-02T03:04:05Z') };

test('over HTTPS the session is a cookie that only this host can set, and only HTTPS carries', () => {
  const cookie = sessionCookie(eventBy('https'), session);
  expect(cookie).toBe(
    '__Host-admin=abc.def; Expires=Fri, 02 Jan 2026 03:04:05 GMT; Path=/; HttpOnly; SameSite=Strict; Secure',
  );
  expect(endedSessionCookie(eventBy('https'))).toMatch(/^__Host-admin=; Max-Age=0; .*Secure$/);
});

test('over HTTPS a cookie without the prefix is none, as another host may have set it', () => {
  const event = eventBy('https', ['admin=forged', 'x__Host-admin=forged', '__Host-admin=abc']);
  expect(findSessionToken(event)).toBe('abc');
  expect(findSessionToken(eventBy('https', ['admin=forged']))).toBeUndefined();
  expect(findSessionToken(eventBy('http', ['admin=local']))).toBe('local');
});
