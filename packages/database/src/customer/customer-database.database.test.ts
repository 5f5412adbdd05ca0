import { createServer, type AddressInfo, type Server } from 'node:net';
import {
  newTenantId,
  ownerNameOf,
  schemaNameOf,
  type CustomerDatabase,
  type TenantId,
} from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { isSessionEnded } from '../../../../test/support/is-session-ended.ts';
import { pgDialect } from '../pg/pg-dialect.ts';
import { migratorNameOf } from './customer-roles.ts';
import { dropCustomerTenant, suspendCustomerTenant } from './drop-customer-database.ts';
import { provisionCustomerDatabase } from './provision-customer-database.ts';

type Db = Kysely<unknown>;

let server: TestPostgres;
/** Of the server. */
let admin: Db;
/** The login that the customer gives: no admin, as on managed servers. */
let chief: Db;

beforeAll(async () => {
  server = await openTestPostgres();
  admin = openAs(server.postgres.admin.user, server.postgres.admin.password, 'postgres');
  await sql`grant connect on database postgres to public`.execute(admin);
  await sql`create role chief login createrole createdb password 'chief-secret'`.execute(admin);
  chief = openAs('chief', 'chief-secret', 'postgres');
});
afterAll(async () => {
  await chief?.destroy();
  await admin?.destroy();
  await server?.close();
});

function openAs(user: string, password: string, database: string): Db {
  const { host, port } = server.postgres;
  return new Kysely({ dialect: pgDialect({ host, port, user, password, database }) });
}

function databaseNamed(name: string, more: Partial<CustomerDatabase> = {}): CustomerDatabase {
  const { host, port } = server.postgres;
  const adminSecretArn = 'arn:aws:secretsmanager:admin';
  const given = { host, port, tls: 'off', user: 'chief', adminSecretArn, isNew: true } as const;
  return { ...given, name, ...more };
}

/** Provisions as the workflow does, remembering what the catalog would. */
function tenantIn(database: CustomerDatabase, adminPassword = 'chief-secret') {
  const id = newTenantId();
  const state = { isBegun: false, isOurs: false };
  const provision = async () =>
    await provisionCustomerDatabase(id, {
      database,
      adminPassword,
      password: `tenant-${id}`,
      migrator: { username: migratorNameOf(id), password: `migrator-${id}` },
      isOurs: state.isOurs,
      begin: async ({ isOurs }) => {
        state.isBegun = true;
        state.isOurs ||= isOurs;
      },
    });
  const leave = () => ({
    admin: { server: database, user: database.user, password: adminPassword },
    name: database.name,
    isOurs: state.isOurs,
  });
  return { id, state, provision, leave };
}

async function withLogin<Result>(
  login: { readonly id: TenantId; readonly as: 'tenant' | 'migrator' },
  database: string,
  fn: (db: Db) => Promise<Result>,
): Promise<Result> {
  const { id, as } = login;
  const user = as === 'tenant' ? schemaNameOf(id) : migratorNameOf(id);
  const db = openAs(user, `${as}-${id}`, database);
  try {
    return await fn(db);
  } finally {
    await db.destroy();
  }
}

async function listTraces(id: TenantId): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select rolname::text as name from pg_roles where rolname like '__' || ${id} order by 1`.execute(
    admin,
  );
  return rows.map(({ name }) => name);
}

async function countSessions(id: TenantId): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from pg_stat_activity where usename = ${schemaNameOf(id)}`.execute(
    admin,
  );
  return Number(rows[0]?.count);
}

async function hasDatabase(name: string): Promise<boolean> {
  const found = await sql`select from pg_database where datname = ${name}`.execute(admin);
  return found.rows.length > 0;
}

test('a login that may make roles and databases, and no more, makes database, roles and schema; twice is once', async () => {
  const { id, provision } = tenantIn(databaseNamed('fresh one'));
  await provision();
  await provision();
  expect(await listTraces(id)).toEqual([migratorNameOf(id), ownerNameOf(id), schemaNameOf(id)]);
  await withLogin({ id, as: 'migrator' }, 'fresh one', async (db) => {
    await db.transaction().execute(async (trx) => {
      await sql`select set_config('role', ${ownerNameOf(id)}, true)`.execute(trx);
      await sql`create table ${sql.id(schemaNameOf(id), 'note')} (text text)`.execute(trx);
    });
  });
  await withLogin({ id, as: 'tenant' }, 'fresh one', async (db) => {
    await sql`insert into note values ('mine')`.execute(db);
    expect((await sql`select text from note`.execute(db)).rows).toEqual([{ text: 'mine' }]);
    for (const text of ['create table x ()', 'create schema x', 'drop table note'])
      await expect(sql.raw(text).execute(db)).rejects.toMatchObject({ code: '42501' });
  });
});

test('two tenants on one server, each in its own database, are no members of each other and may not enter', async () => {
  const [one, other] = [tenantIn(databaseNamed('first')), tenantIn(databaseNamed('second'))];
  await one.provision();
  await other.provision();
  for (const as of ['tenant', 'migrator'] as const) {
    const entering = withLogin({ id: one.id, as }, 'second', (db) => sql`select 1`.execute(db));
    await expect(entering).rejects.toMatchObject({ code: '42501' });
  }
  await withLogin({ id: one.id, as: 'migrator' }, 'first', async (db) => {
    const taking = sql`set role ${sql.id(ownerNameOf(other.id))}`.execute(db);
    await expect(taking).rejects.toMatchObject({ code: '42501' });
  });
});

test('a database that exists is refused where a new one was wanted, and used as it is where not', async () => {
  await sql`create database present`.execute(chief);
  const wanted = tenantIn(databaseNamed('present'));
  await expect(wanted.provision()).rejects.toMatchObject({
    code: 'SERVER_REFUSED',
    refusal: 'database-exists',
    next: expect.stringContaining('--no-create-database'),
  });
  expect(wanted.state).toEqual({ isBegun: false, isOurs: false });
  expect(await listTraces(wanted.id)).toEqual([]);
  const used = tenantIn(databaseNamed('present', { isNew: false }));
  await used.provision();
  expect(await listTraces(used.id)).toHaveLength(3);
});

test('a database that is not there is not made where that was not wanted', async () => {
  const { id, state, provision } = tenantIn(databaseNamed('absent', { isNew: false }));
  await expect(provision()).rejects.toMatchObject({ refusal: 'database-missing' });
  expect(state.isBegun).toBe(false);
  expect(await hasDatabase('absent')).toBe(false);
  expect(await listTraces(id)).toEqual([]);
});

test.each([
  ['CREATEDB', 'createrole', {}],
  ['CREATEROLE', 'createdb', {}],
  ['does not own database', 'createrole createdb', { isNew: false, name: 'theirs' }],
])('a login without the right for it is told which one: %s', async (right, attributes, more) => {
  const user = `lacking_${right.toLowerCase().replaceAll(' ', '_')}`;
  await sql.raw(`create role ${user} login ${attributes} password 'lacking'`).execute(admin);
  if ('name' in more) await sql`create database theirs`.execute(admin);
  const { id, state, provision } = tenantIn(databaseNamed('never', { user, ...more }), 'lacking');
  const refused = expect.objectContaining({
    code: 'SERVER_REFUSED',
    refusal: 'right-missing',
    message: expect.stringContaining(right),
    next: expect.stringMatching(/^alter (role|database) "/),
  });
  await expect(provision()).rejects.toEqual(refused);
  expect([state.isBegun, await hasDatabase('never')]).toEqual([false, false]);
  expect(await listTraces(id)).toEqual([]);
});

test('a wrong password is told with host, port and user, and never itself', async () => {
  const { provision } = tenantIn(databaseNamed('never'), 'not-the-password');
  const error = await provision().catch((thrown: unknown) => thrown);
  const { host, port } = server.postgres;
  expect(error).toMatchObject({ code: 'SERVER_REFUSED', refusal: 'login' });
  expect(String(error)).toContain(`${host}:${port}, user "chief"`);
  expect(String(error)).not.toContain('not-the-password');
});

test('a server that nobody listens at, or whose name nobody has, is not reached', async () => {
  const port = await freePort();
  for (const [place, reason] of [
    [{ host: '127.0.0.1', port }, 'ECONNREFUSED'],
    [{ host: 'nowhere.invalid', port: 5432 }, /ENOTFOUND|EAI_AGAIN/],
  ] as const) {
    const error = await tenantIn(databaseNamed('x', place))
      .provision()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SERVER_NOT_REACHED',
      ...place,
      reason: expect.stringMatching(reason),
      message: expect.stringContaining(
        `${place.host}:${place.port} was not reached as user "chief"`,
      ),
    });
  }
});

test('what answers like anything but PostgreSQL is told to be something else, before a password is sent', async () => {
  const heard: string[] = [];
  const port = await listen(
    createServer((socket) => {
      socket.on('data', (bytes) => {
        heard.push(bytes.toString('latin1'));
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    }),
  );
  const { provision } = tenantIn(databaseNamed('x', { host: '127.0.0.1', port }));
  await expect(provision()).rejects.toMatchObject({ refusal: 'not-postgresql' });
  expect(heard.join('')).not.toContain('chief');
});

test('a server without TLS is refused where TLS is wanted, before a password is sent', async () => {
  const { id, provision } = tenantIn(databaseNamed('x', { tls: 'verify' }));
  await expect(provision()).rejects.toMatchObject({
    refusal: 'tls',
    next: expect.stringContaining('--db-tls off'),
  });
  expect(await listTraces(id)).toEqual([]);
});

test('a suspended tenant has no session and no way in', async () => {
  const { id, provision, leave } = tenantIn(databaseNamed('suspended'));
  await provision();
  await withLogin({ id, as: 'tenant' }, 'suspended', async (db) => {
    await db.connection().execute(async (session) => {
      await sql`select 1`.execute(session);
      await suspendCustomerTenant(id, leave());
      await expect.poll(async () => await countSessions(id)).toBe(0);
      await expect(sql`select 1`.execute(session)).rejects.toSatisfy(isSessionEnded);
    });
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: '28000' });
  });
});

test('what was made is dropped with the database; a database that was there stays, and nothing of the tenant in it', async () => {
  const made = tenantIn(databaseNamed('made'));
  await made.provision();
  await sql`create database kept`.execute(chief);
  const kept = tenantIn(databaseNamed('kept', { isNew: false }));
  await kept.provision();
  for (const { id, leave } of [made, kept]) {
    await suspendCustomerTenant(id, leave());
    await dropCustomerTenant(id, leave());
    await dropCustomerTenant(id, leave());
    expect(await listTraces(id)).toEqual([]);
  }
  expect([await hasDatabase('made'), await hasDatabase('kept')]).toEqual([false, true]);
  const db = openAs('chief', 'chief-secret', 'kept');
  const { rows } = await sql<{ name: string }>`
    select nspname::text as name from pg_namespace where nspname !~ '^pg_' order by 1`.execute(db);
  await db.destroy();
  expect(rows.map(({ name }) => name)).toEqual(['information_schema', 'public']);
});

test('a database of the same name that somebody else made is never dropped', async () => {
  await sql`create database somebodys`.execute(chief);
  const { id, state, leave } = tenantIn(databaseNamed('somebodys'));
  state.isOurs = true;
  await dropCustomerTenant(id, leave());
  expect(await hasDatabase('somebodys')).toBe(true);
});

async function listen(listener: Server): Promise<number> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => listener.close(resolve));
  });
  return (listener.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

test('a tenant that is led into the database of another one by a second name of its server is refused, and takes nothing along', async () => {
  const first = tenantIn(databaseNamed('one of two'));
  await first.provision();
  const second = tenantIn(databaseNamed('one of two', { isNew: false }));
  await expect(second.provision()).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
  await dropCustomerTenant(second.id, second.leave());
  expect(await listTraces(second.id)).toEqual([]);
  await withLogin({ id: first.id, as: 'migrator' }, 'one of two', async (db) => {
    const { rows } =
      await sql`select tenantry.read_ledger(${schemaNameOf(first.id)}, ${ownerNameOf(first.id)}) as ledger`.execute(
        db,
      );
    expect(rows).toEqual([{ ledger: null }]);
  });
});
