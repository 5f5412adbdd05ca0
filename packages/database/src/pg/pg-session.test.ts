import { expect, test } from 'vitest';
import { createCredentialsCache } from '../secrets/credentials-cache.ts';
import { PgSession } from './pg-session.ts';

const target = {
  host: '127.0.0.1',
  port: 1,
  database: 'd',
  secretArn: 's',
  connectTimeoutMs: 1000,
};

test.each([
  ['ResourceNotFoundException', { code: 'DATABASE_LOGIN_REFUSED' }],
  ['AccessDeniedException', { name: 'AccessDeniedException' }],
])(
  'a secret that is gone is a refused login, and any other failure to read it is told as it is: %s',
  async (name, expected) => {
    const credentials = createCredentialsCache(async () => {
      throw Object.assign(new Error('no such secret'), { name });
    });
    await expect(PgSession.open(target, credentials)).rejects.toMatchObject(expected);
  },
);

test('a server that does not answer is named', async () => {
  const credentials = createCredentialsCache(async () => ({ username: 'a', password: 'b' }));
  await expect(PgSession.open(target, credentials)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining('127.0.0.1:1'),
  });
});
