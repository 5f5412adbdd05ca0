import { defaultPool, parsePoolName, poolSchemaOf } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant, type PoolTenant } from '../../../../test/support/create-pool-tenant.ts';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
} from '../../../../test/support/open-test-cluster.ts';
import { applyMigrations } from '../apply-migrations.ts';
import type { CompiledMigration } from '../compiled-migrations.ts';
import { poolTarget, tenantTarget } from '../migration-targets.ts';
import { revertMigrations } from '../revert-migrations.ts';
import { compileTenantFiles } from '../test-files.ts';
import { pooledMigrations } from './pooled-migrations.ts';

let cluster: TestCluster;
/** A tenant whose schema has the same migrations in their own form. */
let plain: string;
/** A tenant that was in the pool when the migrations came, and one that came after them. */
let first: PoolTenant;
let second: PoolTenant;
let pooled: readonly CompiledMigration[];
const pool = poolSchemaOf(defaultPool);

beforeAll(async () => {
  cluster = await openTestCluster();
  const migrations = await compileShapes();
  const alone = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(alone.id), migrations);
  plain = alone.schema;
  pooled = pooledMigrations(migrations);
  first = await createPoolTenant(cluster, defaultPool, pooled.slice(0, 1));
  for (const count of pooled.keys()) await migratePool(pooled.slice(0, count + 1));
  second = await createPoolTenant(cluster, defaultPool, pooled);
});
afterAll(async () => {
  await cluster.close();
});

const long = 'a_rather_long_name_of_a_table_that_fills_most_of_a_name';
const umlauts = 'größenänderungsübersichtstabelle';

/** Shapes of statements, each a migration of its own, in this order. */
const shapes: Readonly<Record<string, string>> = {
  author: `create table author (
    id bigint generated always as identity primary key, -- the key
    email text collate "C" unique not null check (email <> ''),
    handle text constraint handle_is_one unique deferrable initially deferred,
    code int unique nulls not distinct,
    a int, b int,
    unique (a, b), unique (a) include (b), constraint named unique (b, a),
    check (a > b)
  )`,
  book: `create table book (
    id bigserial, author_id bigint references author, other_id bigint references author (id) on delete cascade on update cascade,
    editor_id bigint constraint edited_by references author on delete set null deferrable initially deferred,
    parent_id int, size int default 3, code int references author (code) match simple on delete set default not null,
    a int, b int,
    primary key (id),
    foreign key (parent_id) references book on delete set null,
    foreign key (a, b) references author (a, b) on delete set null (b),
    constraint by_pair foreign key (a, b) references author (a, b) on delete cascade
  )`,
  columns: `alter table book add column isbn text unique, add reviewer bigint references author on delete set null,
    add column other int default 1 check (other > 0), add constraint c check (size > 0), add unique (isbn, size)`,
  added: `alter table book add foreign key (author_id) references author not valid;
    alter table book validate constraint book_author_id_fkey1;
    create unique index book_pair on book (a, b, size);
    alter table book add constraint book_pair_key unique using index book_pair;
    alter table book drop constraint book_isbn_key`,
  again: `alter table book add unique (isbn)`,
  indexes: `create index on book (a); create index on book (a); create index on book (lower(isbn));
    create index on book (lower(isbn), (a + b), b desc nulls last) where a > 1;
    create index on book ((a + b), (b + a)); create index on book (cast(a as text), (case when a > 1 then b else a end));
    create index on book (coalesce(a, b), greatest(a, b), (isbn collate "C"), (isbn::varchar(3)::text));
    create unique index if not exists explicit on book using btree (a) include (b) with (fillfactor = 70);
    create index on only book (a) include (b)`,
  quoted: `create table "Some Table" ("Odd ""Column""" int unique, "select" text primary key, unique ("select", "Odd ""Column"""));
    create index on "Some Table" ("Odd ""Column""", "select")`,
  long: `create table ${long} (a_column_with_a_long_name_as_well int unique, another_column_with_a_long_name int, primary key (another_column_with_a_long_name),
    unique (a_column_with_a_long_name_as_well, another_column_with_a_long_name));
    create index on ${long} (a_column_with_a_long_name_as_well, another_column_with_a_long_name);
    create table ${umlauts} (übergrößenträgerbezeichnung int unique references ${long});
    create index on ${umlauts} (übergrößenträgerbezeichnung)`,
  collisions: `create table t (a int, a_b int, b int, unique (a_b), unique (a, b)); create index t_a_idx on t (b); create index on t (a);
    alter table t add unique (a, b) deferrable; create table t_a (b int unique, unique (b) deferrable)`,
  renames: `alter table t rename to s; alter table s rename a to c; alter table s add unique (c); create table t (a int, a_b int unique);
    alter index t_a_idx rename to t_old_idx; create index on t (a); alter table s rename constraint t_a_b_key1 to kept; create table u (a_b int, unique (a_b))`,
  drops: `alter table s drop column c; drop index t_old_idx; create index on t (a); drop table t_a, u; create table u (a_b int unique)`,
  parted: `create table part (id int, at date, author_id bigint, primary key (id, at)) partition by range (at);
    create table part_1 partition of part for values from ('2020-01-01') to ('2021-01-01');
    create table part_2 (id int not null, at date not null, author_id bigint);
    alter table part attach partition part_2 for values from ('2021-01-01') to ('2022-01-01');
    create table part_3 partition of part (unique (author_id, at)) default;
    create index on part (author_id); alter table part add unique (author_id, id, at);
    alter table part add foreign key (author_id) references author`,
  views: `create view v as select * from author; create or replace view w with (security_barrier) as select b.id as book, a.* from author a, (select id from book) b where false;
    create view x (one, two) as with recursive r as (select 1 as n) select n, n + 1 from r;
    create recursive view y (n) as select 1 union all select n + 1 from y where n < 3`,
  functions: `create function f(n int) returns int language sql as 'select n'; create table g (a int, b int generated always as (a + 1) stored);
    create function touched() returns trigger language plpgsql as 'begin return new; end'; create trigger touch before insert on book for each row execute function touched()`,
  rows: `insert into author (email, code) values ('x', 1), ('y', 2) on conflict (email) do nothing;
    insert into author (email, handle, code) select n::text, 'h' || n, n + 2 from generate_series(1, 3) n on conflict on constraint author_email_key do nothing;
    insert into u values (1), (2) on conflict do nothing;
    with moved as (delete from u where a_b = 2 returning a_b) insert into t (a_b) select * from moved on conflict (a_b) do update set a = 1;
    update author set a = id + 1, b = id where a is null; set constraints all immediate;
    merge into u using t on t.a_b = u.a_b when not matched then insert (a_b) values (t.a_b) when matched then delete;
    select f(1)`,
  last: `create type mood as enum ('sad', 'ok'); create domain positive as int check (value > 0); create sequence n start 5;
    alter table author add m mood, add p positive; alter table book alter column size type bigint using size::bigint; comment on table author is 'Who writes';
    comment on constraint named on author is 'kept'; alter sequence n increment 2; drop view x`,
};

async function migratePool(migrations: readonly CompiledMigration[]): Promise<void> {
  // Nobody works with the tables, so that indexes need no transaction of their own.
  const options = { isUnused: true } as const;
  await applyMigrations(cluster.migrator, poolTarget(defaultPool), migrations, options);
}

async function compileShapes(): Promise<readonly CompiledMigration[]> {
  const files = Object.entries(shapes).map(([name, text], index) => [
    `polls/${String(index + 1).padStart(4, '0')}_${name}.sql`,
    `${text};`,
  ]);
  return await compileTenantFiles({
    ...Object.fromEntries(files),
    'polls/0099_online.sql': `-- tenantry: transaction off
create index concurrently online on author (a, b);
create unique index concurrently online_unique on author (id desc, a)`,
  });
}

interface Named {
  readonly name: string;
  readonly kind: string;
  readonly table: string;
  readonly definition: string;
}

/** Constraints and indexes of a schema, without the tenant's column; PostgreSQL itself names what partitions get from their parents. */
async function namesIn(schema: string): Promise<Named[]> {
  const { rows } = await sql<Named>`
    select con.conname as name, con.contype::text as kind, coalesce(rel.relname, '') as table, pg_get_constraintdef(con.oid) as definition
    from pg_constraint con left join pg_class rel on rel.oid = con.conrelid
    where con.connamespace = ${schema}::regnamespace and con.conparentid = 0 and con.conname not like '%tenant_not_null%' and con.conname not like 'tenantry%'
    union all
    select rel.relname, 'index', own.relname, pg_get_indexdef(rel.oid)
    from pg_index ind join pg_class rel on rel.oid = ind.indexrelid join pg_class own on own.oid = ind.indrelid
    where rel.relnamespace = ${schema}::regnamespace and not rel.relispartition and own.relname not like 'tenantry%'
      and pg_get_expr(ind.indpred, ind.indrelid) is distinct from 'tenantry_deleted'
    order by 3, 2, 1`.execute(cluster.admin);
  return rows.map(({ definition, ...object }) => ({
    ...object,
    definition: definition
      .replaceAll(`${schema}.`, '')
      .replace(/ON DELETE SET (NULL|DEFAULT) \([^)]*\)/, 'ON DELETE SET $1')
      .replaceAll(/\(tenant, /g, '('),
  }));
}

test('constraints and indexes of shared tables have the names and meanings that they have in a schema of its own, plus the tenant column', async () => {
  const names = await namesIn(plain);
  expect(names.length).toBeGreaterThan(60);
  expect(await namesIn(pool)).toEqual(names);
});

test("the sample application's migrations make the same constraints and indexes in a pool as in a schema", async () => {
  const alone = await createTestTenant(cluster);
  const sample = parsePoolName('sample');
  const { migrations } = cluster.compiled.scopes.tenant;
  await createPoolTenant(cluster, sample, pooledMigrations(migrations));
  const names = await namesIn(alone.schema);
  expect(names).toContainEqual(expect.objectContaining({ name: 'choice_poll_id_fkey', kind: 'f' }));
  expect(await namesIn(poolSchemaOf(sample))).toEqual(names);
});

test('no table, view or index of a pool is open', async () => {
  const { rows } = await sql`select * from tenantry.find_open_tables(${pool})`.execute(
    cluster.admin,
  );
  expect(rows).toEqual([]);
});

async function run({ db }: PoolTenant, text: string): Promise<readonly unknown[]> {
  return (await sql.raw(text).execute(db)).rows;
}

test('a tenant sees the rows that migrations made, whether it was there before or came after', async () => {
  const made = ['x', 'y', '1', '2', '3'].map((email) => ({ email }));
  for (const tenant of [first, second]) {
    expect(await run(tenant, 'select email from author order by code')).toEqual(made);
  }
});

test('a key is unique for each tenant', async () => {
  const insert = 'insert into u (a_b) values (77) returning tenant';
  expect(await run(first, insert)).toEqual([{ tenant: first.role }]);
  expect(await run(second, insert)).toEqual([{ tenant: second.role }]);
  await expect(run(first, insert)).rejects.toMatchObject({ code: '23505' });
});

test("a foreign key does not tell another tenant's row from one that is not there", async () => {
  const [author] = (await run(second, 'select max(id) as id from author')) as { id: string }[];
  const book = (id: string | undefined) =>
    `insert into book (author_id, code, size) values (${id}, 1, 1)`;
  await run(second, book(author?.id));
  const errors = [book(author?.id), book('999999')].map((text) =>
    run(first, text).catch((error: unknown) => String(error).replaceAll(/\d+/g, 'N')),
  );
  const [others, none] = await Promise.all(errors);
  expect(others).toMatch(/book_author_id_fkey/);
  expect(others).toBe(none);
});

test('ON DELETE SET NULL clears the column and leaves the row to its tenant', async () => {
  await run(first, "insert into author (email, code) values ('gone', 50)");
  const id = "(select id from author where email = 'gone')";
  await run(first, `insert into book (editor_id, code, size) values (${id}, 1, 9)`);
  await run(first, "update author set tenantry_deleted = true where email = 'gone'");
  expect(await run(first, 'select editor_id, tenant from book where size = 9')).toEqual([
    { editor_id: null, tenant: first.role },
  ]);
});

test('what a migration did to shared tables is taken back and done again', async () => {
  const up =
    'create table gone (id int primary key, parent int references gone); create index on gone (parent)';
  const later = await compileTenantFiles({
    'polls/0200_a.sql': `${up};\n-- down\ndrop table gone;`,
  });
  const last = pooledMigrations(later);
  await migratePool([...pooled, ...last]);
  const insert = 'insert into gone values (1, 1) returning tenant';
  expect(await run(first, insert)).toEqual([{ tenant: first.role }]);
  await revertMigrations(cluster.migrator, poolTarget(defaultPool), last);
  await expect(run(first, insert)).rejects.toMatchObject({ code: '42P01' });
  await migratePool([...pooled, ...last]);
  expect(await run(first, insert)).toEqual([{ tenant: first.role }]);
});
