import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openTenantDb, pgDialect, provisionPoolTenant, type TenantDb } from '@tenantry/database';
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
import { openTestCluster } from '@tenantry/testing';
import { sql, type Transaction } from 'kysely';
import { createPoolTenant } from '../test/support/create-pool-tenant.ts';
import { migrationRoots } from '../test/support/migration-roots.ts';
import {
  createTestTenant,
  type AnyDb,
  type TestCluster,
} from '../test/support/open-test-cluster.ts';
import { describeMachine, timeInTurn, toTable, type Times, type Work } from './measure.ts';

/** Simple queries of a tenant under `schema` and under `table`: `node bench/table.ts [--rounds 3000] [--tenants 1000] [--polls 100]`. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3000' },
    tenants: { type: 'string', default: '1000' },
    polls: { type: 'string', default: '100' },
  },
});
const [rounds, tenants, polls] = [values.rounds, values.tenants, values.polls].map(Number) as [
  number,
  number,
  number,
];
const pool = parsePoolName('main');

type Db = TenantDb<PollsTenantTables>;

const cluster = await openTestCluster(await compileMigrations({ roots: migrationRoots }), {
  durable: true,
});
try {
  const dbs = { schema: await fillSchema(cluster), table: await fillPool(cluster) };
  await sql`vacuum analyze`.execute(cluster.admin);
  const ids = { schema: await listIds(dbs.schema), table: await listIds(dbs.table) };
  const works = {
    schema: listWorks(dbs.schema, ids.schema),
    table: listWorks(dbs.table, ids.table),
  };
  const pids = { schema: await findProcess(dbs.schema), table: await findProcess(dbs.table) };
  const rows: string[][] = [];
  for (const name of Object.keys(works.schema) as Query[]) {
    const pair = { schema: works.schema[name], table: works.table[name] };
    const times = await timeInTurn(pair, rounds);
    rows.push(toRow(name, times, await spendInTurn(pair, pids)));
  }
  console.log(`${describeMachine()}\n\n${tenants} tenants in the pool, ${polls} polls each\n`);
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

type Query = 'one row by its key' | 'a page of 20' | 'a poll with choices and votes' | 'an insert';
type Both<Value> = Readonly<Record<'schema' | 'table', Value>>;

function toRow(name: string, times: Both<Times>, spent: Both<number>): string[] {
  return [
    name,
    times.schema.p50.toFixed(3),
    times.table.p50.toFixed(3),
    (times.table.p50 / times.schema.p50).toFixed(2),
    spent.schema.toFixed(0),
    spent.table.toFixed(0),
    (spent.table / spent.schema).toFixed(2),
  ];
}

/** Processor time of a call, here and in the server's session, in microseconds: what others do on the machine counts less. */
async function spendInTurn(works: Both<Work>, pids: Both<number>): Promise<Both<number>> {
  const spent = { schema: 0, table: 0 };
  const [blocks, calls] = [20, Math.ceil(rounds / 20)];
  for (let block = 0; block < blocks; block += 1) {
    for (const isolation of ['schema', 'table'] as const) {
      const [own, server] = [process.cpuUsage(), readSpent(pids[isolation])];
      for (let call = 0; call < calls; call += 1) await works[isolation](call);
      const { user, system } = process.cpuUsage(own);
      spent[isolation] += user + system + readSpent(pids[isolation]) - server;
    }
  }
  const total = blocks * calls;
  return { schema: spent.schema / total, table: spent.table / total };
}

/** What the scheduler says that a process has used, in microseconds. Linux only. */
function readSpent(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
}

async function findProcess(db: Db): Promise<number> {
  const row = await db
    .selectNoFrom(sql<number>`pg_backend_pid()`.as('pid'))
    .executeTakeFirstOrThrow();
  return row.pid;
}

function listWorks(db: Db, ids: readonly bigint[]): Readonly<Record<Query, Work>> {
  const idOf = (round: number) => ids[round % ids.length] ?? 0n;
  return {
    'one row by its key': async (round) => await hasPoll(db, idOf(round)),
    'a page of 20': async () => await selectPolls(db, { limit: 20 }),
    'a poll with choices and votes': async (round) => await findPoll(db, idOf(round)),
    'an insert': async () =>
      await insertPoll(db, { question: 'Which?', choices: ['This', 'That'] }),
  };
}

async function listIds(db: Db): Promise<bigint[]> {
  return (await db.selectFrom('poll').select('id').execute()).map(({ id }) => id);
}

function open(user: string, password: string, sharesTables: boolean): Db {
  const dialect = pgDialect({ ...cluster.postgres, user, password, maxSessions: 1 });
  const options = { sharesTables, columnTypes: tenantVisibleColumnTypes };
  return openTenantDb<PollsTenantTables, object>(dialect, undefined, options).db;
}

async function fillSchema(at: TestCluster): Promise<Db> {
  const tenant = await createTestTenant(at);
  await asOwner(
    at.migrator,
    tenant,
    async (trx) => await fill(trx, sql`(values (1)) as tenants (n)`, false),
  );
  return open(tenant.schema, tenant.password, false);
}

/** All tenants but the first have their rows only, without having gone through a creation. */
async function fillPool(at: TestCluster): Promise<Db> {
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
  return open(first.role, first.password, true);
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
