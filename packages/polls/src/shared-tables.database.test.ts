import {
  createCredentialsCache,
  createDataApiClient,
  DataApiDialect,
  openPgTenants,
  openTenantDb,
  type PgTenants,
  type TenantDb,
  type TenantDbOptions,
} from '@tenantry/database';
import { openTestDataApi, type TestDataApi } from '@tenantry/local';
import { pooledMigrations } from '@tenantry/migrations';
import { parsePoolName } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant } from '../../../test/support/create-pool-tenant.ts';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
} from '../../../test/support/open-test-cluster.ts';
import {
  insertAccount,
  upsertAdministrator,
  findAccount,
  ensureSigningSecret,
} from './account-queries.ts';
import { tenantColumnTypes, type TenantTables } from './generated/tenant-tables.gen.ts';
import { deletePoll, findPoll, insertPoll, insertVote, selectPolls } from './poll-queries.ts';

type Db = TenantDb<TenantTables>;

let cluster: TestCluster;
let dataApi: TestDataApi;
const passwords = new Map<string, string>();

let sessions: PgTenants;

beforeAll(async () => {
  cluster = await openTestCluster();
  const { postgres } = cluster;
  const readSecret = (role: string) => ({ username: role, password: passwords.get(role) ?? '' });
  dataApi = await openTestDataApi({ postgres, readSecret });
  const credentials = createCredentialsCache(async (role) => readSecret(role));
  sessions = openPgTenants({ ...postgres, credentials });
});
afterAll(async () => {
  await sessions.close();
  await dataApi.close();
  await cluster.close();
});

const columnTypes = tenantColumnTypes;

/** Opens a tenant's tables with the login of this role. */
const openOver = {
  pg: (role: string, options: TenantDbOptions): Db => {
    const { database } = cluster.postgres;
    return sessions.open<TenantTables, object>({ secretArn: role, database }, options).db;
  },
  'Data API': (role: string, options: TenantDbOptions): Db => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = createDataApiClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
    const { database } = cluster.postgres;
    const driver = { client, secretArn: role, resourceArn: 'arn:aws:rds:test', database };
    const dialect = new DataApiDialect({ mode: 'postgres', driver, columnTypes });
    return openTenantDb<TenantTables, object>(dialect, undefined, options).db;
  },
} as const;

/** A tenant's tables, in a schema of its own and in a pool with others. */
async function openBoth(
  dialect: keyof typeof openOver,
): Promise<{ own: Db; pooled: Db; other: Db }> {
  const pool = parsePoolName(dialect === 'pg' ? 'pg' : 'api');
  const migrations = pooledMigrations(cluster.compiled.scopes.tenant.migrations);
  const own = await createTestTenant(cluster);
  const open = (role: string, password: string, sharesTables: boolean): Db => {
    passwords.set(role, password);
    return openOver[dialect](role, { sharesTables, columnTypes });
  };
  const [one, two] = [
    await createPoolTenant(cluster, pool, migrations),
    await createPoolTenant(cluster, pool, migrations),
  ];
  return {
    own: open(own.schema, own.password, false),
    pooled: open(one.role, one.password, true),
    other: open(two.role, two.password, true),
  };
}

const question = 'Tea or coffee?';
const poll = { question, choices: ['Tea', 'Coffee'], importKey: 'drinks' };

/** What the sample does with its tables, with ids left out where PostgreSQL gives them. */
async function useSample(db: Db): Promise<unknown> {
  const first = await insertPoll(db, poll);
  const again = await insertPoll(db, poll);
  const account = await insertAccount(db, { username: 'ada', passwordVerifier: 'v' });
  const twice = await insertAccount(db, { username: 'ada', passwordVerifier: 'v' });
  await upsertAdministrator(db, { username: 'ada', passwordVerifier: 'w' });
  const [secret, same] = [await ensureSigningSecret(db), await ensureSigningSecret(db)];
  const found = await findPoll(db, first ?? 0n);
  const vote = {
    pollId: first ?? 0n,
    choiceId: found?.choices[0]?.id ?? 0n,
    accountId: account?.id ?? 0n,
  };
  const votes = [await insertVote(db, vote), await insertVote(db, vote)];
  const wrong = await insertVote(db, { ...vote, choiceId: -1n, accountId: vote.accountId }).catch(
    (error: unknown) => (error as { code: string }).code,
  );
  const unknown = await insertVote(db, { ...vote, choiceId: -1n, accountId: -1n }).catch(
    (error: unknown) => (error as { code: string }).code,
  );
  return {
    again,
    twice,
    administrator: (await findAccount(db, 'ada'))?.administrator,
    secret: secret.equals(same),
    votes,
    wrong,
    unknown,
    choices: (await findPoll(db, first ?? 0n))?.choices.map(({ text, votes: count }) => [
      text,
      count,
    ]),
    polls: (await selectPolls(db, { limit: 10 })).polls.map((row) => row.question),
  };
}

const withoutId = (row: object) => ({ ...row, id: null, poll_id: null });

/** Forms of ON CONFLICT that the sample does not use. */
async function insertForms(db: Db): Promise<unknown> {
  const made = await db
    .insertInto('poll')
    .values([
      { question: 'a', import_key: 'a' },
      { question: 'b', import_key: 'b' },
    ])
    .onConflict((oc) =>
      oc
        .constraint('poll_import_key_key')
        .doUpdateSet((eb) => ({ question: eb.ref('excluded.question') })),
    )
    .returningAll()
    .execute();
  const merged = await db
    .with('changed', (qc) =>
      qc
        .insertInto('poll')
        .values({ question: 'b again', import_key: 'b' })
        .onConflict((oc) =>
          oc.column('import_key').doUpdateSet({ question: 'B' }).where('poll.question', '=', 'b'),
        )
        .returningAll(),
    )
    .selectFrom('changed')
    .selectAll()
    .execute();
  return {
    keys: made.map((row) => Object.keys(row)),
    merged: merged.map((row) => [row.question, Object.keys(row)]),
  };
}

/** Rows in JSON, and groups. */
async function readForms(db: Db): Promise<unknown> {
  const nested = await db
    .selectFrom('poll')
    .select((eb) => [
      'question',
      jsonArrayFrom(
        eb
          .selectFrom('choice')
          .select('text')
          .whereRef('poll_id', '=', 'poll.id')
          .orderBy('position'),
      ).as('choices'),
      jsonArrayFrom(eb.selectFrom('vote').selectAll().where('id', '<', 0n)).as('none'),
    ])
    .orderBy('question')
    .execute();
  const grouped = await db
    .selectFrom('poll')
    .leftJoin('choice', 'choice.poll_id', 'poll.id')
    .select(['poll.question', (eb) => eb.fn.count<bigint>('choice.id').as('choices')])
    .groupBy('poll.id')
    .orderBy('poll.question')
    .execute();
  return { nested, grouped };
}

/** INSERT with SELECT, and rows that changes return. */
async function changeForms(db: Db): Promise<unknown> {
  await db
    .insertInto('choice')
    .columns(['poll_id', 'position', 'text'])
    .expression((eb) =>
      eb
        .selectFrom('poll')
        .select(['id', sql<number>`1`.as('position'), 'question'])
        .where('import_key', '=', 'a'),
    )
    .execute();
  const updated = await db
    .updateTable('choice')
    .set({ text: 'new' })
    .where('text', '=', 'a')
    .returningAll()
    .execute();
  const joined = await db
    .selectFrom('poll as p')
    .innerJoin('choice as c', 'c.poll_id', 'p.id')
    .selectAll('c')
    .select('p.question')
    .where('c.text', '=', 'new')
    .execute();
  const deleted = await db
    .deleteFrom('poll')
    .where('import_key', '=', 'a')
    .returningAll()
    .execute();
  const left = await db.selectFrom('choice').selectAll().execute();
  return {
    updated: updated.map(withoutId),
    joined: joined.map(withoutId),
    deleted: deleted.length,
    left: left.map((row) => Object.keys(row)),
  };
}

test.each(Object.keys(openOver) as (keyof typeof openOver)[])(
  'queries written for a tenant with tables of its own give the same on shared ones, over %s',
  async (dialect) => {
    const { own, pooled, other } = await openBoth(dialect);
    await insertPoll(other, poll);
    await insertAccount(other, { username: 'ada', passwordVerifier: 'other' });
    for (const use of [useSample, insertForms, readForms, changeForms]) {
      expect(await use(pooled)).toEqual(await use(own));
    }
    const { polls } = await selectPolls(other, { limit: 10 });
    expect(polls.map((row) => row.question)).toEqual([question]);
    const [mine] = (await selectPolls(pooled, { limit: 1 })).polls;
    expect(await findPoll(other, mine?.id ?? 0n)).toBeUndefined();
    expect(await deletePoll(other, mine?.id ?? 0n)).toBe(false);
  },
);
