import { pgDialect, provisionTenantDatabase, provisionTenantSchema } from '@tenantry/database';
import {
  claimSuspension,
  createTenantSteps,
  getTenant,
  newTenantId,
  parseCreateTenantRequest,
  schemaNameOf,
  stepsFor,
  type CreateTenantState,
  type TenantId,
} from '@tenantry/tenancy';
import { passwordOf } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { creationStepsOn, openProvisionerOf } from '../../test/support/creation-steps.ts';
import { isSessionEnded } from '../../test/support/is-session-ended.ts';
import {
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../test/support/open-test-cluster.ts';
import { homePlace, type TenantPlace } from './place.ts';
import type { Step } from './run-step.ts';
import { suspendAt } from './suspend-at.ts';

const home = 'tenantry';
/** Once the first session is gone, PostgreSQL refuses the second one's command; unless that one is gone as well by then. */
const refusedOrEnded = { code: expect.stringMatching(/^(42501|57P01)$/) as string };
const patience = { timeout: 10_000 };

let cluster: TestCluster;
/** In a database that nobody here attacks. */
let watcher: AnyDb;

beforeAll(async () => {
  cluster = await openTestCluster();
  watcher = cluster.openAsAdmin('template1');
});
afterAll(async () => await cluster?.close());

/** A tenant's login, and the database that it comes in by. */
interface Login {
  readonly id: TenantId;
  readonly password: string;
  readonly database: string;
}

async function provisionSchema(): Promise<Login> {
  const [id, password] = [newTenantId(), 'password'];
  await provisionTenantSchema(cluster.provisioner, id, { password });
  return { id, password, database: home };
}

async function provisionDatabase(): Promise<Login> {
  const [id, password] = [newTenantId(), 'password'];
  const openDatabase = (name: string) => openProvisionerOf(cluster, name);
  await provisionTenantDatabase({ home: cluster.provisioner, openDatabase }, id, { password });
  return { id, password, database: schemaNameOf(id) };
}

async function openSession({ id, password, database }: Login): Promise<Client> {
  const { host, port } = cluster.postgres;
  const user = schemaNameOf(id);
  // What the role brings along is a default, which its session may lift.
  const options = '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0';
  const client = new Client({ host, port, database, user, password, options });
  client.on('error', () => undefined);
  onTestFinished(async () => await client.end());
  await client.connect();
  return client;
}

/** Leaves a transaction open in a session of the tenant. */
async function hold(login: Login, statement: string): Promise<Client> {
  const session = await openSession(login);
  await session.query('begin');
  await session.query(statement);
  return session;
}

/** What became of it. */
async function settle(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'done',
    (error: unknown) => error,
  );
}

/** Waits until somebody waits for this lock on the database. */
async function untilQueued(database: string, mode: string, count = 1): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_locks l join pg_database d on d.oid = l.objid
        where l.classid = cast('pg_database' as regclass) and not l.granted
          and d.datname = ${database} and l.mode = ${mode}`.execute(watcher);
      return rows.length;
    }, patience)
    .toBe(count);
}

/** Comes in and leaves; waits for as long as it is kept out. */
async function enter(database: string): Promise<void> {
  const { host, port } = cluster.postgres;
  const user = 'platform_provisioner';
  const client = new Client({ host, port, database, user, password: passwordOf(user) });
  await client.connect();
  await client.end();
}

/** From sessions of the tenant, one more than databases: nobody comes into these any more. Answers what becomes of its commands. */
async function keepOthersOut(login: Login, ...databases: string[]): Promise<Promise<unknown>[]> {
  const role = schemaNameOf(login.id);
  const holder = await hold(login, 'select 1');
  const sessions = new Map<string, Client>();
  for (const database of databases) sessions.set(database, await openSession(login));
  for (const database of databases)
    await holder.query(`alter role ${role} in database ${database} set work_mem = '1MB'`);
  const ended = [...sessions].map(([database, session]) =>
    settle(session.query(`drop database ${database}`)),
  );
  for (const database of databases) await untilQueued(database, 'AccessExclusiveLock');
  return ended;
}

async function countSessions({ id }: Login): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where usename = ${schemaNameOf(id)}`.execute(watcher);
  return rows.length;
}

/** Logins that nobody used before: each has to be let in. */
const openProvisioner = ({ database }: TenantPlace) => openProvisionerOf(cluster, database ?? home);

async function suspend({ id }: Login, open = openProvisioner): Promise<void> {
  await suspendAt(homePlace, id, { openProvisioner: open, catalog: cluster.catalog });
}

async function mayLogIn({ id }: Login): Promise<unknown> {
  const { rows } = await sql<{ rolcanlogin: boolean }>`
    select rolcanlogin from pg_roles where rolname = ${schemaNameOf(id)}`.execute(watcher);
  return rows[0]?.rolcanlogin;
}

test('a tenant that keeps everybody else out is suspended all the same, and nobody is kept out any longer', async () => {
  const secrets = new Map<string, string>();
  const request = parseCreateTenantRequest(
    { slug: 'attacker', actor: 'test' },
    { baseDomain: 'tenants.test' },
  );
  let state: CreateTenantState = { request };
  const making = creationStepsOn(cluster, secrets) as unknown as Readonly<Record<string, Step>>;
  for (const { name } of stepsFor(createTenantSteps, request.isolation))
    state = (await making[name]?.(state as never, 'create')) as CreateTenantState;
  const tenant = await getTenant(cluster.catalog, 'attacker');
  const id = tenant.id as TenantId;
  const login = { id, password: secrets.get(`arn:secret:${id}`) ?? '', database: home };
  await claimSuspension(cluster.catalog, tenant, { execution: 's', actor: 'pat', reason: 'x' });

  const [ended] = await keepOthersOut(login, home);
  const others = settle(enter(home));
  const another = settle(openSession(login));
  await untilQueued(home, 'RowExclusiveLock', 2);
  const fresh = openProvisionerOf(cluster, home) as unknown as AnyDb;
  const steps = creationStepsOn(cluster, secrets, fresh);
  const suspension = { tenantId: id, slug: tenant.slug, isolation: tenant.isolation };
  await steps.close(suspension, 's');
  await steps['finish-suspend'](suspension, 's');

  expect(await ended).toMatchObject(refusedOrEnded);
  expect(await others).toBe('done');
  expect(await another).toMatchObject({ code: '42501' });
  expect(await countSessions(login)).toBe(0);
  await enter(home);
  expect(await getTenant(cluster.catalog, id)).toMatchObject({
    status: 'suspended',
    suspension: { phase: 'closed' },
  });
});

test.each([
  ['a schema', home, provisionSchema],
  ['a schema', 'postgres', provisionSchema],
  ['a database', home, provisionDatabase],
  ['a database', 'postgres', provisionDatabase],
])('a tenant with %s of its own that keeps others out of %s is shut out', async (...given) => {
  const [, database, provision] = given;
  const login = await provision();
  const [ended] = await keepOthersOut(login, database);
  const others = settle(enter(database));
  await untilQueued(database, 'RowExclusiveLock');
  await suspend(login);
  expect(await ended).toMatchObject(refusedOrEnded);
  expect(await others).toBe('done');
  expect([await countSessions(login), await mayLogIn(login)]).toEqual([0, false]);
});

test('a tenant that has changed its own password in a transaction which it leaves open is shut out', async () => {
  const login = await provisionSchema();
  const held = await hold(login, `alter role current_user password 'mine'`);
  await suspend(login);
  expect(await settle(held.query('select 1'))).toSatisfy(isSessionEnded);
  expect([await countSessions(login), await mayLogIn(login)]).toEqual([0, false]);
});

test.each([
  ['postgres', [home]],
  ['template1', [home, 'postgres']],
])(
  'the master user lets everybody in again from %s, where the platform itself gets into none of %s',
  async (entrance, closed) => {
    const login = await provisionSchema();
    const commands = await keepOthersOut(login, ...closed);
    const others = closed.map((database) => settle(enter(database)));
    for (const database of closed) await untilQueued(database, 'RowExclusiveLock');
    const { user, password } = cluster.adminLogin;
    const admin = cluster.openAs(user, password, { database: entrance });
    const { rows } = await sql`
      select a.usename, pg_terminate_backend(a.pid) as is_ended
      from pg_locks l join pg_stat_activity a using (pid)
      where l.classid = 'pg_database'::regclass and l.mode = 'AccessExclusiveLock'`.execute(admin);
    const found = { usename: schemaNameOf(login.id), is_ended: true };
    expect(rows).toEqual(closed.map(() => found));
    for (const ended of commands) expect(await ended).toMatchObject({ code: '57P01' });
    expect(await Promise.all(others)).toEqual(closed.map(() => 'done'));
    await suspend(login);
    expect([await countSessions(login), await mayLogIn(login)]).toEqual([0, false]);
  },
);

test('where the platform may not enter the database from which it closes logins, a tenant is suspended from within', async () => {
  const right = sql`connect on database postgres`;
  const login = await provisionSchema();
  const inPostgres = cluster.adminLogin;
  const owner = cluster.openAs(inPostgres.user, inPostgres.password, { database: 'postgres' });
  await sql`revoke ${right} from platform_provisioner`.execute(owner);
  try {
    await expect(enter('postgres')).rejects.toMatchObject({ code: '42501' });
    await suspend(login);
  } finally {
    await sql`grant ${right} to platform_provisioner`.execute(owner);
  }
  expect(await mayLogIn(login)).toBe(false);
});

test('any other failure there is told, and what can be closed is closed', async () => {
  const login = await provisionSchema();
  const unreachable = new Kysely<unknown>({
    dialect: pgDialect({ ...cluster.postgres, port: 1, user: 'nobody', password: '' }),
  });
  onTestFinished(async () => await unreachable.destroy());
  const open = (place: TenantPlace) =>
    place.database === null ? openProvisioner(place) : unreachable;
  await expect(suspend(login, open)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await mayLogIn(login)).toBe(false);
});
