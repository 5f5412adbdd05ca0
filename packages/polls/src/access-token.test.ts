import { expect, test } from 'vitest';
import { findAccessClaims, isSignedWith, signAccessToken } from './access-token.ts';

const secret = Buffer.alloc(32, 1);
const claims = {
  accountId: 9007199254740993n,
  tenantId: 'thor',
  use: 'api' as const,
  expiresAt: new Date('2030-01-02T03:04:05Z'),
};
const token = signAccessToken(claims, secret);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token says what was put in, to the last digit', () => {
  expect(findAccessClaims(token)).toEqual(claims);
  expect(token).toMatch(/^[\w-]+\.[\w-]+$/);
});

test('only the secret it was signed with recognises a token', () => {
  expect(isSignedWith(token, secret)).toBe(true);
  expect(isSignedWith(token, Buffer.alloc(32, 2))).toBe(false);
});

test('a token with any character changed, lost or added is not signed', () => {
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'B' : 'A';
    expect(isSignedWith(token.slice(0, index) + other + token.slice(index + 1), secret)).toBe(
      false,
    );
  }
  expect(isSignedWith(token.slice(0, -1), secret)).toBe(false);
  expect(isSignedWith(`${token}A`, secret)).toBe(false);
});

test.each([
  '',
  '.',
  'a.b',
  `${token}.`,
  token.replace('.', ''),
  `${encode(null)}.x`,
  `${encode({ sub: '1', tenant: 'thor', use: 'api' })}.x`,
  `${encode({ sub: 1, tenant: 'thor', use: 'api', exp: 1 })}.x`,
  `${encode({ sub: '1 or 1=1', tenant: 'thor', use: 'api', exp: 1 })}.x`,
  `${encode({ sub: '1', tenant: 'thor', exp: 1 })}.x`,
  `${encode({ sub: '1', tenant: 'thor', use: 'all', exp: 1 })}.x`,
  `${encode({ sub: '1', tenant: 'thor', use: 'api', exp: -1 })}.x`,
  `${encode({ sub: '1', tenant: 'thor', use: 'api', exp: 1e20 })}.x`,
])('%j is no token', (text) => {
  expect(findAccessClaims(text)).toBeUndefined();
});
