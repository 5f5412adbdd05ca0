import type { PostgresServer } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { openTestTlsServer, testCertificate } from './test-tls-server.ts';
import { withServerLogin } from './with-server-login.ts';

async function logIn(more: Partial<PostgresServer>) {
  const { host = '127.0.0.1' } = more;
  const server = await openTestTlsServer(host);
  onTestFinished(async () => await server.close());
  const place = { tls: 'verify', ...more, host, port: server.port } as const;
  const access = { server: place, user: 'app', password: 'unheard-of' };
  const working = withServerLogin(access, 'polls', async (db) => sql`select 1`.execute(db));
  const error = await working.catch((thrown: unknown) => thrown);
  return { error, users: server.users };
}

test('a certificate that nobody vouches for is refused before user and password are sent', async () => {
  const { error, users } = await logIn({});
  expect(error).toMatchObject({
    code: 'SERVER_REFUSED',
    refusal: 'tls',
    next: expect.stringContaining('--db-tls-ca'),
  });
  expect(users).toEqual([]);
});

test('a certificate whose authority was named is believed, for the host that it is for', async () => {
  const { error, users } = await logIn({ tlsCa: testCertificate });
  expect(error).toMatchObject({ code: 'SERVER_REFUSED', refusal: 'login' });
  expect(users).toEqual(['app']);
});

test('a certificate for another host is refused, whoever signed it', async () => {
  const { error, users } = await logIn({ host: '127.0.0.2', tlsCa: testCertificate });
  expect(error).toMatchObject({ refusal: 'tls', message: expect.stringContaining('127.0.0.2') });
  expect(users).toEqual([]);
});
