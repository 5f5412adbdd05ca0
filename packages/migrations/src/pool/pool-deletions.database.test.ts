import { dropPoolTenant, openTenantDb, pgDialect } from '@tenantry/database';
import { defaultPool } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPoolTenant, type PoolTenant } from '../../../../test/support/create-pool-tenant.ts';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../../../test/support/open-test-cluster.ts';
import { applyMigrations } from '../apply-migrations.ts';
import { poolTarget, tenantTarget } from '../migration-targets.ts';
import { revertMigrations } from '../revert-migrations.ts';
import { compileTenantFiles } from '../test-files.ts';
import { pooledMigrations } from './pooled-migrations.ts';

const tables = `create table poll (id int primary key, title text not null);
create table choice (id int primary key, poll_id int not null references poll, title text);
create table vote (id int primary key, choice_id int not null references choice on delete cascade);
create table note (id int primary key, poll_id int references poll on delete set null, kept int references choice on delete restrict);
create table node (id int primary key, up int references node);
create table egg (id int primary key, hen int);
create table hen (id int primary key, egg int references egg);
alter table egg add foreign key (hen) references hen deferrable initially deferred;
create table event (id int, at date, primary key (id, at)) partition by range (at);
create table event_1 partition of event for values from ('2026-01-01') to ('2027-01-01');
create table event_rest partition of event default;
create table watched (id int primary key);
create table log (line text);
create function log_row() returns trigger language plpgsql as $$
  begin insert into log select tg_when || ' ' || tg_op || ' ' || old.id || ' as ' || left(current_user, 2); return old; end $$;
create function log_statement() returns trigger language plpgsql as $$ begin insert into log values (tg_op); return null; end $$;
create trigger before_row before delete on watched for each row execute function log_row();
create trigger after_row after delete on watched for each row execute function log_row();
create function refuse_change() returns trigger language plpgsql as $$ begin raise 'no row of log is ever changed'; end $$;
create trigger fixed before update on watched for each row execute function refuse_change();
create trigger after_all after delete on watched for each statement execute function log_statement();
create function purge_votes(upto int) returns bigint language plpgsql as $$ declare n bigint;
  begin delete from vote v using choice c where c.id = v.choice_id and v.id <= upto; get diagnostics n = row_count; return n; end $$;
create view open_poll as select id, title from poll;`;

const names = 'poll choice vote note node egg hen event watched log'.split(' ');

const filling = [
  "insert into poll select n, 'poll ' || n from generate_series(1, 9) n",
  "insert into choice select n, n, 'choice ' || n from generate_series(1, 6) n",
  'insert into vote select n, 1 + n % 6 from generate_series(1, 20) n',
  'insert into note values (1, 7, null), (2, 8, 2)',
  'insert into node select n, nullif(n - 1, 0) from generate_series(1, 9) n',
  'with e as (insert into egg values (1, 1)) insert into hen values (1, 1)',
  "insert into event select n, date '2026-12-30' + n from generate_series(1, 5) n",
  'insert into watched select generate_series(1, 3)',
];

let cluster: TestCluster;
let own: AnyDb;
let pooled: AnyDb;
let other: PoolTenant;
let pool: PoolTenant;

beforeAll(async () => {
  cluster = await openTestCluster();
  const migrations = await compileTenantFiles({ 'polls/0001_tables.sql': tables });
  const alone = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(alone.id), migrations);
  own = alone.db;
  pool = await createPoolTenant(cluster, defaultPool, pooledMigrations(migrations));
  other = await createPoolTenant(cluster, defaultPool, pooledMigrations(migrations));
  const { host, port, database } = cluster.postgres;
  const dialect = pgDialect({ host, port, database, user: pool.role, password: pool.password });
  pooled = openTenantDb(dialect, undefined, { sharesTables: true }).db as unknown as AnyDb;
  for (const statement of filling) await sql.raw(statement).execute(other.db);
});
afterAll(async () => {
  await pooled.destroy();
  await cluster.close();
});

beforeEach(async () => {
  for (const statement of filling) {
    for (const db of [own, pooled]) await sql.raw(statement).execute(db);
  }
  return async () => {
    for (const db of [own, pooled]) {
      for (const name of ['vote', 'note', 'choice', 'poll', 'node', 'event', 'watched', 'log']) {
        await db.deleteFrom(name).execute();
      }
      await db
        .with('e', (q) => q.deleteFrom('egg'))
        .deleteFrom('hen')
        .execute();
      await db.deleteFrom('log').execute();
    }
  };
});

/** What a query answers, or how PostgreSQL refuses it, and all rows after it. */
async function outcomeOf(db: AnyDb, query: (db: AnyDb) => Promise<unknown>): Promise<unknown> {
  const answer = await query(db).catch((error: unknown) => {
    const { code, constraint, table, cause = {} } = error as Record<string, unknown>;
    return { code, constraint, table, cause: (cause as { constraint?: unknown }).constraint };
  });
  const rows = [];
  for (const name of names) {
    const found = await db.selectFrom(name).selectAll().execute();
    rows.push([name, found.map((row) => JSON.stringify(row)).toSorted()]);
  }
  return { answer, rows };
}

type Query = (db: AnyDb) => Promise<unknown>;

const queries: readonly (readonly [string, Query])[] = [
  ['some rows, counted', (db) => db.deleteFrom('vote').where('id', '<', 5).execute()],
  ['no row', (db) => db.deleteFrom('vote').where('id', '<', 0).execute()],
  ['all rows', (db) => db.deleteFrom('vote').execute()],
  ['with returningAll', (db) => db.deleteFrom('note').returningAll().execute()],
  [
    'under another name, with some columns',
    (db) =>
      db
        .deleteFrom('poll as p')
        .where('p.id', '=', 9)
        .returning(['p.id', 'p.title as t'])
        .execute(),
  ],
  [
    'that others tables say',
    (db) =>
      db
        .deleteFrom('vote')
        .using('choice')
        .innerJoin('poll', 'poll.id', 'choice.poll_id')
        .whereRef('vote.choice_id', '=', 'choice.id')
        .where('poll.title', 'like', '%3')
        .returning(['vote.id', 'poll.title'])
        .execute(),
  ],
  ['to which others refer', (db) => db.deleteFrom('poll').where('id', '=', 1).execute()],
  ['to which RESTRICT refers', (db) => db.deleteFrom('choice').where('id', '=', 2).execute()],
  ['that take others along', (db) => db.deleteFrom('choice').where('id', '=', 3).execute()],
  ['that others forget', (db) => db.deleteFrom('poll').where('id', '=', 7).execute()],
  ['that refer to each other', (db) => db.deleteFrom('node').execute()],
  ['that their own table refers to', (db) => db.deleteFrom('node').where('id', '<', 5).execute()],
  [
    'of several tables, what is referred to first',
    (db) =>
      db
        .with('p', (q) => q.deleteFrom('poll').where('id', '=', 4).returning('id'))
        .with('v', (q) => q.deleteFrom('vote').where('choice_id', '=', 4))
        .deleteFrom('choice')
        .where('id', '=', 4)
        .returning((q) => q.selectFrom('p').select('id').as('poll'))
        .execute(),
  ],
  [
    'of several tables, what refers first',
    (db) =>
      db
        .with('c', (q) => q.deleteFrom('choice').where('id', '=', 5).returningAll())
        .with('p', (q) => q.deleteFrom('poll').where('id', '=', 5).returning('id'))
        .selectFrom(['c', 'p'])
        .select(['c.title', 'p.id'])
        .execute(),
  ],
  [
    'of several tables, one too few',
    (db) =>
      db
        .with('p', (q) => q.deleteFrom('poll').where('id', 'in', [4, 5]))
        .deleteFrom('choice')
        .where('id', '=', 4)
        .execute(),
  ],
  [
    'in a circle',
    (db) =>
      db
        .with('e', (q) => q.deleteFrom('egg'))
        .deleteFrom('hen')
        .execute(),
  ],
  [
    'that are kept elsewhere',
    (db) =>
      db
        .with('gone', (q) => q.deleteFrom('vote').where('id', '<', 3).returning('id'))
        .insertInto('node')
        .columns(['id'])
        .expression((q) => q.selectFrom('gone').select(sql<number>`id + 100`.as('id')))
        .execute(),
  ],
  [
    'of a partitioned table',
    (db) => db.deleteFrom('event').where('id', '>', 1).returning('id').execute(),
  ],
  ['with triggers, once each, as the tenant', (db) => db.deleteFrom('watched').execute()],
  [
    'by a merge',
    (db) =>
      db
        .mergeInto('vote')
        .using('choice', 'choice.id', 'vote.choice_id')
        .whenMatchedAnd('choice.id', '>', 3)
        .thenDelete()
        .whenMatched()
        .thenUpdateSet({ choice_id: 1 })
        .execute(),
  ],
  [
    'by a function',
    (db) => db.selectNoFrom(sql<string>`cast(purge_votes(7) as text)`.as('n')).execute(),
  ],
  [
    'in a transaction that reads what is left',
    (db) =>
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom('vote').where('id', '=', 1).execute();
        await trx.deleteFrom('vote').where('id', 'in', [1, 2]).execute();
        return await trx.selectFrom('vote').select('id').orderBy('id').execute();
      }),
  ],
];

test.each(queries)('rows are deleted in a pool as in a schema: %s', async (_, query) => {
  const here = await outcomeOf(pooled, query);
  expect(here).toEqual(await outcomeOf(own, query));
});

test("nobody else's rows are deleted with them, and no row stays marked", async () => {
  const count = async () => {
    const found = [];
    for (const name of names.filter((one) => one !== 'log')) {
      found.push(await sql`select count(*) from ${sql.table(name)}`.execute(other.db));
    }
    return JSON.stringify(
      found.map(({ rows }) => rows),
      (_, value: unknown) => String(value),
    );
  };
  const before = await count();
  for (const [, query] of queries) await query(pooled).catch(() => undefined);
  expect(await count()).toBe(before);
  const { rows } = await sql`select from vote where tenantry_deleted`.execute(pooled);
  expect(rows).toEqual([]);
});

describe('where a tenant has no right', () => {
  test.each([
    ['delete from vote', /use deleteFrom\(\), or in SQL UPDATE/],
    [
      'merge into vote using choice on choice.id = choice_id when matched then delete',
      /use deleteFrom/,
    ],
  ])('the error says what to do instead: %s', async (text, hint) => {
    await expect(sql.raw(text).execute(pooled)).rejects.toMatchObject({
      code: '42501',
      message: 'permission denied for table vote',
      hint: expect.stringMatching(hint),
    });
  });

  test('so it does for a view', async () => {
    await expect(pooled.deleteFrom('open_poll').execute()).rejects.toMatchObject({
      code: '42703',
      hint: expect.stringContaining('deleteFrom() with the table'),
    });
    await pooled.updateTable('open_poll').set({ title: 'changed' }).where('id', '=', 9).execute();
    const poll = pooled.selectFrom('poll').select('title').where('id', '=', 9);
    expect(await poll.execute()).toEqual([{ title: 'changed' }]);
  });

  test('and for nothing else', async () => {
    const refused = await sql`select from tenantry_ledger`.execute(pooled).catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: '42501' });
    expect(refused).not.toHaveProperty('hint', expect.stringMatching(/delete/));
  });
});

describe('migrations of a pool', () => {
  const target = poolTarget(defaultPool);
  const compile = async (files: Readonly<Record<string, string>>) =>
    pooledMigrations(await compileTenantFiles({ 'polls/0001_tables.sql': tables, ...files }));

  test('delete, rename, drop and make tables, and rows of all can be deleted afterwards', async () => {
    const migrations = await compile({
      'polls/0002_more.sql': `delete from vote where id = 1;
        update poll set title = 'renamed' where id = 1;
        with gone as (delete from node where id = 9 returning id) insert into log select 'gone ' || id from gone;
        alter table vote rename to ballot; create table extra (id int primary key, ballot int references ballot);
        insert into extra select 1, id from ballot where id = 2;
        create table done (id int); insert into done values (1), (2);
        create function clear() returns void language sql as 'delete from done where id = 1'; select clear();
        create table scratch (id int primary key, poll int references poll); drop table scratch;
        drop table note;
-- down
drop table extra, done; drop function clear(); alter table ballot rename to vote;
        create table note (id int primary key, poll_id int references poll on delete set null, kept int references choice on delete restrict)`,
    });
    await applyMigrations(cluster.migrator, target, migrations);
    expect(await pooled.selectFrom('ballot').select('id').where('id', '=', 1).execute()).toEqual(
      [],
    );
    expect(await pooled.deleteFrom('extra').executeTakeFirst()).toEqual({ numDeletedRows: 1n });
    expect(await pooled.deleteFrom('ballot').executeTakeFirst()).toEqual({ numDeletedRows: 19n });
    expect(await pooled.selectFrom('done').selectAll().execute()).toEqual([{ id: 2 }]);
    const { rows: left } = await sql`
      select relname from pg_class where relname ~ '^tenantry_deleted?_[0-9]+$' and relkind in ('v', 'i')
        and not exists (select from pg_class t where t.oid = cast(substring(pg_class.relname from '[0-9]+$') as oid))`.execute(
      cluster.admin,
    );
    expect(left).toEqual([]);
    await expect(sql`delete from extra`.execute(pooled)).rejects.toMatchObject({ code: '42501' });
    const [, second] = migrations;
    if (second === undefined) throw new TypeError('no migration');
    await revertMigrations(cluster.migrator, target, [second]);
    expect(await pooled.deleteFrom('node').where('id', '=', 8).executeTakeFirst()).toEqual({
      numDeletedRows: 1n,
    });
  });

  test('seal a pool of an earlier installation, in which tenants may still delete and lock', async () => {
    const owner = sql.id(target.owner);
    await cluster.admin.transaction().execute(async (trx) => {
      await sql`set local role ${owner}`.execute(trx);
      await sql`set local search_path = ${sql.id(target.schema)}`.execute(trx);
      for (const name of names) {
        await sql`alter table ${sql.table(name)} drop column tenantry_deleted cascade`.execute(trx);
        await sql`grant update, delete on ${sql.table(name)} to ${sql.id(target.schema)}`.execute(
          trx,
        );
      }
    });
    // One that was made before there were writers gets them when the platform is deployed.
    const writers = sql.raw('pd_main');
    await sql`drop owned by ${writers}`.execute(cluster.provisioner);
    await sql`drop role ${writers}`.execute(cluster.provisioner);
    await sql`delete from vote where id = 20`.execute(pooled);
    const { rows } = await sql<{ count: number }>`
      select tenantry.upgrade_tenants(200) as count`.execute(cluster.admin);
    expect(rows).toEqual([{ count: 1 }]);
    const migrations = await compile({ 'polls/0003_next.sql': 'create table next (id int)' });
    await applyMigrations(cluster.migrator, target, migrations);
    await expect(sql`delete from vote`.execute(pooled)).rejects.toMatchObject({ code: '42501' });
    expect(await pooled.deleteFrom('vote').executeTakeFirst()).toEqual({ numDeletedRows: 19n });
    await expect(
      dropPoolTenant(cluster.provisioner, other.id, { pool: defaultPool }),
    ).resolves.toBe(true);
  });
});
