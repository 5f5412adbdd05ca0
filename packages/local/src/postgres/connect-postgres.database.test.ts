import { Client } from 'pg';
import { expect, test } from 'vitest';
import { connectPostgres } from './connect-postgres.ts';
import { withTestPostgres } from './with-test-postgres.ts';

test("somebody else's server is prepared once and never stopped", async () => {
  await withTestPostgres(async ({ port, admin }) => {
    const url = `postgres://${admin.user}:${admin.password}@127.0.0.1:${port}/postgres`;
    const own = new Client({ connectionString: url });
    await own.connect();
    await own.query('drop database tenantry');
    for (const time of [1, 2]) {
      const postgres = await connectPostgres(url);
      expect(postgres, `time ${time}`).toMatchObject({ host: '127.0.0.1', port, admin, pid: 0 });
      await postgres.stop();
    }
    await own.query(`create role weak login password 'weak'`);
    await own.query('grant connect on database postgres to weak');
    const weakUrl = `postgres://weak:weak@127.0.0.1:${port}/postgres`;
    await expect(connectPostgres(weakUrl)).rejects.toMatchObject({
      code: 'LOCAL_DATABASE_UNSUPPORTED',
      next: 'alter role "weak" createrole createdb',
    });
    await own.end();
  });
});

test('a server out of reach and a URL without password are told, without the password', async () => {
  const unreachable = connectPostgres('postgres://me:hidden-4711@127.0.0.1:1/postgres');
  await expect(unreachable).rejects.toMatchObject({
    code: 'LOCAL_DATABASE_FAILED',
    message: expect.not.stringContaining('hidden-4711') as string,
  });
  await expect(connectPostgres('postgres://127.0.0.1:1/postgres')).rejects.toMatchObject({
    code: 'LOCAL_DATABASE_FAILED',
    next: expect.stringContaining('postgres://user:password@') as string,
  });
});
