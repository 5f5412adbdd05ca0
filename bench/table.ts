import { readFileSync } from 'node:fs';
import { openTenantDb, provisionPoolTenant, type TenantDb } from '@tenantry/database';
import { compileMigrations, pooledMigrations } from '@tenantry/migrations';
import {
  findPoll,
  hasPoll,
  insertPoll,
  selectPolls,
  tenantVisibleColumnTypes,
  type PollsTenantTables,
} from '@tenantry/polls';
import { newTenantId, parsePoolName, poolOwnerOf, poolSchemaOf } from '@tenantry/tenancy';
import { openTestCluster, openTestLogins, type TestLogin } from '@tenantry/testing';
import { sql, type Transaction } from 'kysely';
import { createPoolTenant } from '../test/support/create-pool-tenant.ts';
import { migrationRoots } from '../test/support/migration-roots.ts';
import {
  createTestTenant,
  type AnyDb,
  type TestCluster,
} from '../test/support/open-test-cluster.ts';
import { describeMachine, percentiles, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

const { over, rounds, tenants, polls } = readOptions('table');
const pool = parsePoolName('main');

type Db = TenantDb<PollsTenantTables>;
type SessionWork = (session: Session, round: number) => Promise<unknown>;

// Two sessions of one role differ by a fifth and more on a machine of few cores, going by where the system puts their processes. So each
// isolation is measured over many sessions, opened in turn and in turn first, and over calls in a row.
const [pairs, blocks] = [10, 3];
const isolations = ['schema', 'table'] as const;
const queries = [
  'one row by its key',
  'a page of 20',
  'a poll with choices and votes',
  'an insert',
] as const;

const idOf = ({ ids }: Session, round: number) => ids[round % ids.length] ?? 0n;
const works: Readonly<Record<Query, SessionWork>> = {
  'one row by its key': async (session, round) => await hasPoll(session.db, idOf(session, round)),
  'a page of 20': async ({ db }) => await selectPolls(db, { limit: 20 }),
  'a poll with choices and votes': async (session, round) =>
    await findPoll(session.db, idOf(session, round)),
  'an insert': async ({ db }) =>
    await insertPoll(db, { question: 'Which?', choices: ['This', 'That'] }),
};

const cluster = await openTestCluster(await compileMigrations({ roots: migrationRoots }), {
  durable: true,
});
try {
  const logins = { schema: await fillSchema(cluster), table: await fillPool(cluster) };
  await sql`vacuum analyze`.execute(cluster.admin);
  const samples = new Map<Query, Both<Samples>>(
    queries.map((query) => [query, { schema: newSamples(), table: newSamples() }]),
  );
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? isolations : isolations.toReversed();
    const opened = await openTestLogins(cluster, {
      over,
      columnTypes: tenantVisibleColumnTypes,
      maxSessionsPerLogin: 1,
    });
    const sessions = new Map<Isolation, Session>();
    for (const isolation of order)
      sessions.set(isolation, await openSession(opened, logins[isolation]));
    for (const query of queries) await measure(query, sessions, samples.get(query));
    await opened.close();
  }
  const rows = queries.map((query) => toRow(query, samples.get(query)));
  console.log(
    `${describeMachine()}\n\n${tenants} tenants in the pool, ${polls} polls each, over ${over}\n`,
  );
  const head = [
    'query',
    'schema p50 ms',
    'table p50 ms',
    'ratio',
    'schema CPU µs',
    'table CPU µs',
    'ratio',
  ];
  console.log(toTable(head, rows));
} finally {
  await cluster.close();
}

type Isolation = (typeof isolations)[number];
type Query = (typeof queries)[number];
type Both<Value> = Readonly<Record<Isolation, Value>>;

/** How long calls took, in milliseconds, and the processor time of all of them together, in microseconds. */
interface Samples {
  readonly times: number[];
  spent: number;
}

/** A session, the server's process behind it, and the polls that are seen through it. */
interface Session {
  readonly db: Db;
  readonly pid: number;
  readonly ids: readonly bigint[];
}

interface Login extends TestLogin {
  readonly sharesTables: boolean;
}

function newSamples(): Samples {
  return { times: [], spent: 0 };
}

function toRow(name: Query, samples: Both<Samples> | undefined): string[] {
  if (samples === undefined) throw new Error(`${name} was not measured`);
  const { schema, table } = samples;
  const [own, shared] = [percentiles(schema.times).p50, percentiles(table.times).p50];
  const [ownSpent, sharedSpent] = [schema, table].map((it) => it.spent / it.times.length) as [
    number,
    number,
  ];
  return [
    name,
    own.toFixed(3),
    shared.toFixed(3),
    (shared / own).toFixed(2),
    ownSpent.toFixed(0),
    sharedSpent.toFixed(0),
    (sharedSpent / ownSpent).toFixed(2),
  ];
}

/** Calls in a row over one session, then over the other, and so on. Processor time is that of this process and of the server's. */
async function measure(
  query: Query,
  sessions: ReadonlyMap<Isolation, Session>,
  samples: Both<Samples> | undefined,
): Promise<void> {
  for (let block = 0; block <= blocks; block += 1) {
    for (const [isolation, session] of sessions) {
      const into = block === 0 ? newSamples() : samples?.[isolation];
      if (into !== undefined) await measureBlock(works[query], session, into);
    }
  }
}

async function measureBlock(work: SessionWork, session: Session, into: Samples): Promise<void> {
  const [own, server] = [process.cpuUsage(), readSpent(session.pid)];
  for (let call = 0; call < Math.ceil(rounds / pairs / blocks); call += 1) {
    const start = performance.now();
    await work(session, call);
    into.times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(own);
  into.spent += user + system + readSpent(session.pid) - server;
}

/** What the scheduler says that a process has used, in microseconds. Linux only. */
function readSpent(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
}

async function openSession(
  opened: Awaited<ReturnType<typeof openTestLogins>>,
  { sharesTables, ...login }: Login,
): Promise<Session> {
  const dialect = opened.dialectFor(login);
  const options = { sharesTables, columnTypes: tenantVisibleColumnTypes };
  const { db } = openTenantDb<PollsTenantTables, object>(dialect, undefined, options);
  const { pid } = await db
    .selectNoFrom(sql<number>`pg_backend_pid()`.as('pid'))
    .executeTakeFirstOrThrow();
  const ids = (await db.selectFrom('poll').select('id').execute()).map(({ id }) => id);
  return { db, pid, ids };
}

async function fillSchema(at: TestCluster): Promise<Login> {
  const tenant = await createTestTenant(at);
  await asOwner(
    at.migrator,
    tenant,
    async (trx) => await fill(trx, sql`(values (1)) as tenants (n)`, false),
  );
  return loginOf(tenant.schema, tenant.password, false);
}

function loginOf(username: string, password: string, sharesTables: boolean): Login {
  return { username, password, secretArn: `arn:${username}`, sharesTables };
}

/** All tenants but the first have their rows only, without having gone through a creation. */
async function fillPool(at: TestCluster): Promise<Login> {
  const first = await createPoolTenant(
    at,
    pool,
    pooledMigrations(at.compiled.scopes.tenant.migrations),
  );
  for (let count = 1; count < tenants; count += 1) {
    await provisionPoolTenant(at.provisioner, newTenantId(), { pool, password: 'not used' });
  }
  const place = { schema: poolSchemaOf(pool), owner: poolOwnerOf(pool) };
  const members = sql`(select m.rolname as tenant, row_number() over (order by m.rolname) as n from pg_roles m
    where m.rolname ~ '^t_[a-z0-9]{16,32}$' and pg_has_role(m.rolname, ${place.schema}, 'MEMBER')) tenants`;
  await asOwner(at.migrator, place, async (trx) => await fill(trx, members, true));
  return loginOf(first.role, first.password, true);
}

async function asOwner(
  migrator: AnyDb,
  { schema, owner }: { readonly schema: string; readonly owner: string },
  work: (trx: Transaction<Record<string, Record<string, unknown>>>) => Promise<void>,
): Promise<void> {
  await migrator.transaction().execute(async (trx) => {
    await sql`set local role ${sql.id(owner)}`.execute(trx);
    await sql`set local search_path = ${sql.id(schema)}`.execute(trx);
    await work(trx);
  });
}

/** Rows of each tenant: polls with three choices, and a vote for each choice. */
async function fill(
  trx: Transaction<Record<string, Record<string, unknown>>>,
  members: ReturnType<typeof sql>,
  isPool: boolean,
): Promise<void> {
  const [name, value] = isPool ? [sql`, tenant`, sql`, tenant`] : [sql``, sql``];
  const rows = sql`${members}, generate_series(1, ${sql.lit(polls)}) p`;
  const poll = sql`((n - 1) * ${sql.lit(polls)} + p)`;
  await sql`insert into poll (id, question${name}) overriding system value
    select ${poll}, 'Question ' || p${value} from ${rows}`.execute(trx);
  await sql`insert into choice (id, poll_id, position, text${name}) overriding system value
    select ${poll} * 3 + c, ${poll}, c, 'Choice ' || c${value} from ${rows}, generate_series(0, 2) c`.execute(
    trx,
  );
  await sql`insert into vote (id, choice_id, poll_id${name}) overriding system value
    select ${poll} * 3 + c, ${poll} * 3 + c, ${poll}${value} from ${rows}, generate_series(0, 2) c`.execute(
    trx,
  );
  for (const table of ['poll', 'choice', 'vote']) {
    await sql`alter table ${sql.id(table)} alter column id restart with 100000000`.execute(trx);
  }
}
