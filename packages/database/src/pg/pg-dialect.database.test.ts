import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { openTestPostgres } from '../../../../test/support/open-test-postgres.ts';
import { pgDialect } from './pg-dialect.ts';

/** A way to a server on which what the server says arrives, and never that it has hung up. */
async function openLateWay(target: { readonly host: string; readonly port: number }) {
  const way = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ ...target, allowHalfOpen: true });
    server.on('data', (data) => client.write(data));
    client.pipe(server);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    onTestFinished(() => void [client, server].map((socket) => socket.destroy()));
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  onTestFinished(() => void way.close());
  return { host: '127.0.0.1', port: (way.address() as AddressInfo).port };
}

test('a connection of which PostgreSQL said that it ends it is given to no other query', async () => {
  const server = await openTestPostgres();
  onTestFinished(async () => await server.close());
  const { admin, host, port } = server.postgres;
  const way = await openLateWay({ host, port });
  const db = new Kysely<object>({ dialect: pgDialect({ ...way, ...admin, maxSessions: 1 }) });
  onTestFinished(async () => await db.destroy());
  const killed = sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
  await expect(killed).rejects.toMatchObject({ code: '57P01' });
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});
