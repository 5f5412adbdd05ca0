import { afterAll, beforeAll, expect, test } from 'vitest';
import { Kysely, sql } from 'kysely';
import { pgDialect } from '@tenantry/database';
import { openTestPostgres, type TestPostgres } from '../../../test/support/open-test-postgres.ts';
import { findEffects, type StatementEffect } from './find-effects.ts';
import { splitStatements } from './split-statements.ts';

type AnyDb = Kysely<Record<string, Record<string, unknown>>>;

let server: TestPostgres;
let admin: AnyDb;

const tables = `
  create table author (id int primary key, name varchar(20), bio text, joined timestamptz);
  create table poll (id int primary key, author_id int, n int, t text, c int check (c > 0), u int,
    constraint poll_n_check check (n > 0) not valid,
    constraint poll_author_key foreign key (author_id) references author not valid);
  create unique index poll_u_idx on poll (u);
  create index poll_t_idx on poll (t);
  create table part (id int, region text) partition by list (region);
  create table part_a partition of part for values in ('a');
  create table part_b (id int, region text);
  create table parent (id int);
  create table child (id int);
  create table plain (id int not null);
  create view poll_view as select id from poll;
  create materialized view poll_stats as select author_id, count(*) as n from poll group by author_id;
  create unique index poll_stats_idx on poll_stats (author_id);
  create function f() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger poll_trigger before insert on poll for each row execute function f();
  create policy poll_policy on poll using (true);
  create rule poll_rule as on delete to plain do instead nothing;
  create sequence counter;
  insert into author values (1, 'a', 'b', now());
  insert into poll (id, author_id, n, t, u) values (1, 1, 1, 't', 1);
  insert into plain values (1)`;

beforeAll(async () => {
  server = await openTestPostgres();
  const { host, port, admin: login } = server.postgres;
  admin = new Kysely({ dialect: pgDialect({ host, port, ...login }) });
  await sql`create schema effects`.execute(admin);
  await inSchema(async (trx) => {
    for (const { sql: text } of await splitStatements(tables, { file: '', firstLine: 1 })) {
      await sql.raw(text).execute(trx);
    }
  });
});
afterAll(async () => {
  await admin.destroy();
  await server.close();
});

async function inSchema<Result>(fn: (trx: AnyDb) => Promise<Result>): Promise<Result> {
  return await admin.transaction().execute(async (trx) => {
    await sql`set local search_path = effects`.execute(trx);
    return await fn(trx);
  });
}

interface Relation {
  readonly oid: string;
  readonly name: string;
  readonly lock: string | null;
  readonly file: string | null;
}

/** What the transaction holds on each relation of the schema. */
async function readRelations(trx: AnyDb): Promise<Relation[]> {
  const { rows } = await sql<Relation>`
    select cast(c.oid as text) as oid, c.relname as name, cast(pg_relation_filenode(c.oid) as text) as file,
      (select l.mode from pg_locks l where l.relation = c.oid and l.pid = pg_backend_pid()
        order by array_position(array['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
          'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], l.mode) desc limit 1) as lock
    from pg_class c where c.relnamespace = cast('effects' as regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'i', 'S')
    order by 2`.execute(trx);
  return rows;
}

interface Seen {
  readonly table: string;
  /** PostgreSQL's name of the mode; null for none, `gone` for a dropped relation. */
  readonly mode: string | null;
  readonly isRewritten: boolean;
}

/** Runs a statement, looks what it locked and rewrote of what was there before, and takes it back. */
async function observe(statement: string): Promise<Seen[]> {
  let seen: Seen[] = [];
  const before = await inSchema(readRelations);
  const running = inSchema(async (trx) => {
    await sql.raw(statement).execute(trx);
    const after = new Map((await readRelations(trx)).map((relation) => [relation.oid, relation]));
    seen = before.map(({ oid, name, file }) => {
      const now = after.get(oid);
      return {
        table: name,
        mode: now === undefined ? 'gone' : now.lock,
        isRewritten: now?.file !== file,
      };
    });
    throw new Error('taken back');
  });
  await expect(running).rejects.toThrow('taken back');
  return seen;
}

function toMode(effect: StatementEffect): string {
  const words = effect.lock.toLowerCase().split(' ');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Lock`;
}

const column = 'alter table poll add column x';

test.each([
  [`${column} int`],
  [`${column} int default 7 not null`],
  [`${column} timestamptz default now()`],
  [`${column} uuid default gen_random_uuid()`],
  [`${column} float8 default random()`],
  [`${column} bigserial`],
  [`${column} int generated always as identity`],
  [`${column} int generated always as (n + 1) stored`],
  [`${column} int references author`],
  [`${column} int check (x > 0)`],
  ['alter table poll drop column t'],
  ['alter table poll alter column n type bigint'],
  ['alter table poll alter column n set default 1'],
  ['alter table poll alter column n set not null'],
  ['alter table poll alter column id drop default'],
  ['alter table poll alter column n set statistics 100'],
  ['alter table poll alter column t set storage external'],
  ['alter table poll alter column n set (n_distinct = 5)'],
  ['alter table plain alter column id add generated always as identity'],
  ['alter table poll add constraint k check (n < 9)'],
  ['alter table poll add constraint k check (n < 9) not valid'],
  ['alter table poll add constraint k unique (n)'],
  ['alter table poll add constraint k unique using index poll_u_idx'],
  ['alter table plain add primary key (id)'],
  ['alter table poll add constraint k foreign key (n) references author'],
  ['alter table poll add constraint k foreign key (n) references author not valid'],
  ['alter table poll validate constraint poll_n_check'],
  ['alter table poll drop constraint poll_n_check'],
  ['alter table poll set (fillfactor = 80)'],
  ['alter table poll set (autovacuum_enabled = false, user_catalog_table = true)'],
  ['alter table poll set unlogged'],
  ['alter table poll cluster on poll_u_idx'],
  ['alter table poll enable row level security'],
  ['alter table poll force row level security'],
  ['alter table poll replica identity full'],
  ['alter table poll disable trigger poll_trigger'],
  ['alter table poll enable trigger user'],
  ['alter table plain disable rule poll_rule'],
  ['alter table child inherit parent'],
  [`alter table part attach partition part_b for values in ('b')`],
  ['alter table part detach partition part_a'],
  ['alter table poll add column x int, alter column n type bigint'],
  ['alter table poll rename to survey'],
  ['alter table poll rename column n to m'],
  ['alter table poll rename constraint poll_n_check to k'],
  ['alter index poll_t_idx rename to other'],
  ['alter sequence counter increment by 2'],
  ['alter view poll_view set (security_invoker = true)'],
  ['create index on poll (n)'],
  ['create unique index on poll (n)'],
  ['reindex table poll'],
  ['drop table child, plain'],
  ['drop view poll_view'],
  ['drop materialized view poll_stats'],
  ['drop trigger poll_trigger on poll'],
  ['drop policy poll_policy on poll'],
  ['drop rule poll_rule on plain'],
  ['truncate plain, child'],
  ['create trigger k after update on poll for each row execute function f()'],
  ['create rule k as on update to plain do instead nothing'],
  ['create policy k on poll for select using (n > 0)'],
  ['alter policy poll_policy on poll using (false)'],
  ['create statistics k on n, t from poll'],
  [`comment on column poll.n is 'n'`],
  [`comment on table poll is 'n'`],
  ['create view k as select poll.n from poll join author on true'],
  ['create or replace view poll_view as select id from poll where n > 0'],
  ['refresh materialized view poll_stats'],
  ['refresh materialized view concurrently poll_stats'],
  ['create materialized view k as select * from poll'],
  ['create table k (like poll)'],
  [
    'create table k (id int references poll, author_id int, foreign key (author_id) references author)',
  ],
  ['create table k () inherits (parent)'],
  ['create table k as select * from poll'],
  ['insert into plain values (1)'],
  ['insert into plain select id from poll'],
  ['update plain set id = 2 where id in (select id from poll)'],
  ['delete from plain using child where child.id = plain.id'],
  ['with gone as (delete from child returning id) insert into parent select id from gone'],
  ['merge into child using parent on child.id = parent.id when matched then delete'],
  ['select * from plain for update'],
  ['select * from plain, child for share of child'],
  ['lock table poll in share row exclusive mode'],
  ['cluster poll using poll_u_idx'],
])('PostgreSQL locks and rewrites what the effects say: %s', async (statement) => {
  const [parsed] = await splitStatements(statement, { file: '', firstLine: 1 });
  const effects = findEffects(parsed?.tree);
  const seen = await observe(statement);
  for (const effect of effects) {
    const { mode } = seen.find(({ table }) => table === effect.table) ?? {};
    expect([effect.table, mode === 'gone' ? 'AccessExclusiveLock' : mode]).toEqual([
      effect.table,
      toMode(effect),
    ]);
  }
  const here = seen.filter(({ table, mode }) => heaps.has(table) && mode !== 'gone');
  if (!changesRows.test(statement)) {
    const rewritten = here.filter((relation) => relation.isRewritten).map(({ table }) => table);
    const expected = effects.filter(({ cost }) => cost === 'rewrite').map(({ table }) => table);
    expect(rewritten).toEqual(expected);
  }
  const named = new Set(effects.map(({ table }) => table));
  const unnamed = here.filter(({ table, mode }) => !named.has(table) && isStrong(mode));
  expect(unnamed).toEqual([]);
});

const heaps = new Set(['poll', 'plain', 'author', 'child', 'parent', 'poll_stats']);
const changesRows = /^(insert|update|delete|merge|with|truncate)/;

function isStrong(mode: string | null): boolean {
  return mode !== null && mode !== 'AccessShareLock' && mode !== 'RowShareLock';
}

test('dropping an index locks its table as well, whose name the statement does not say', async () => {
  const seen = await observe('drop index poll_t_idx');
  expect(seen.find(({ table }) => table === 'poll')?.mode).toBe('AccessExclusiveLock');
  const [parsed] = await splitStatements('drop index poll_t_idx', { file: '', firstLine: 1 });
  expect(findEffects(parsed?.tree)).toEqual([
    { table: 'poll_t_idx', lock: 'ACCESS EXCLUSIVE', cost: 'instant' },
  ]);
});
