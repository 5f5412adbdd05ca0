import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PoolRefusal } from './pool-refusal.ts';
import { poolStatement } from './pool-statement.ts';
import { SchemaObjects } from './schema-objects.ts';

/** What becomes of the last of these statements, those around it included. */
async function pool(...statements: readonly string[]): Promise<string[]> {
  const objects = new SchemaObjects();
  let texts: string[] = [];
  for (const statement of statements) {
    const { sql, after } = await poolStatement(statement, objects);
    texts = [sql, ...after];
  }
  return texts;
}

const column = 'tenant name not null default current_user, tenantry_deleted boolean';

const tables: readonly [plain: string, pooled: string][] = [
  ['create table t ()', `create table t (${column})`],
  [
    'create table t (id int primary key, a text)',
    `create table t (id int, constraint "t_pkey" primary key (tenant, "id"), a text, ${column})`,
  ],
  [
    'create table t (a int not null unique deferrable initially deferred default 1)',
    `create table t (a int not null default 1, constraint "t_a_key" unique (tenant, "a") deferrable initially deferred, ${column})`,
  ],
  [
    'create table t (a text constraint k unique nulls not distinct with (fillfactor = 50) collate "C")',
    `create table t (a text collate "C", constraint k unique nulls not distinct (tenant, "a") with (fillfactor = 50), ${column})`,
  ],
  [
    'create table t (id int primary key references u on delete cascade)',
    `create table t (id int, constraint "t_pkey" primary key (tenant, "id"), constraint "t_id_fkey" foreign key (tenant, "id") references u on delete cascade, ${column})`,
  ],
  [
    'create table t (a int references u (id) on update cascade on delete set null)',
    `create table t (a int, constraint "t_a_fkey" foreign key (tenant, "a") references u (tenant, id) on update cascade on delete set null ("a"), ${column})`,
  ],
  [
    'create table t (a int, b int, foreign key (a, b) references t on delete set default, unique (a) include (b))',
    `create table t (a int, b int, constraint "t_a_b_fkey" foreign key (tenant, a, b) references t on delete set default ("a", "b"), constraint "t_a_b_key" unique (tenant, a) include (b), ${column})`,
  ],
  [
    'create table t (a int, constraint fk foreign key (a) references u on delete set null (a))',
    `create table t (a int, constraint fk foreign key (tenant, a) references u on delete set null (a), ${column})`,
  ],
  [
    `create table t (a int -- what, with (brackets
  unique /* and ) */, b numeric(10, 2)[] default '{"unique"}' check (b <> '{,}'))`,
    `create table t (a int -- what, with (brackets
, constraint "t_a_key" unique (tenant, "a") /* and ) */, b numeric(10, 2)[] default '{"unique"}' check (b <> '{,}'), ${column})`,
  ],
  [
    'create table "Ä" ("x y" bigint generated always as identity primary key)',
    `create table "Ä" ("x y" bigint generated always as identity, constraint "Ä_pkey" primary key (tenant, "x y"), ${column})`,
  ],
  [
    'create table t (a date, primary key (a)) partition by range (a)',
    `create table t (a date, constraint "t_pkey" primary key (tenant, a), ${column}) partition by range (a)`,
  ],
  ['create table p partition of t default', 'create table p partition of t default'],
];

test.each(tables)(
  'a table gets the tenant column, last, and first in each key: %s',
  async (plain, pooled) => {
    expect((await pool(plain))[0]).toBe(pooled);
  },
);

test('a table is walled in as soon as it is there, for its owner too', async () => {
  expect((await pool('create table "T" ()')).slice(1)).toEqual([
    'alter table "T" enable row level security, force row level security',
    'create policy tenant_rows on "T" for all to public using (tenant = current_user) with check (tenant = current_user)',
    'create policy new_tenants on "T" for insert to current_user with check (true)',
  ]);
});

test('a table that may be there gets its policies anew', async () => {
  expect((await pool('create table if not exists t ()')).slice(1, 3)).toEqual([
    'drop policy if exists tenant_rows on "t"',
    'drop policy if exists new_tenants on "t"',
  ]);
});

const others: readonly [plain: string, pooled: string][] = [
  [
    'alter table t add column a int unique, add column b int references u, drop column c',
    'alter table t add column a int, add constraint "t_a_key" unique (tenant, "a"), add column b int, add constraint "t_b_fkey" foreign key (tenant, "b") references u, drop column c',
  ],
  [
    'alter table t add primary key (a)',
    'alter table t add constraint "t_pkey" primary key (tenant, a)',
  ],
  ['create index on t (a)', 'create index "t_a_idx" on t (tenant, a)'],
  [
    'create unique index if not exists i on only t using btree (lower(a) desc, (a || b)) include (c) nulls not distinct where a > b',
    'create unique index if not exists i on only t using btree (tenant, lower(a) desc, (a || b)) include (c) nulls not distinct where a > b',
  ],
  [
    'create view v as select a from t',
    'create view v with (security_invoker = true) as select a from t',
  ],
  [
    'create or replace view v (x) with (security_barrier) as select * from t with check option',
    'create or replace view v (x) with (security_invoker = true, security_barrier) as select * from t with check option',
  ],
  [
    'insert into t (a) values (1) on conflict (a) where a > 1 do update set b = excluded.a',
    'insert into t (a) values (1) on conflict (tenant, a) where a > 1 do update set b = excluded.a',
  ],
  [
    'with n as (insert into t (a) select * from unnest(array[1]) on conflict (lower(a)) do nothing returning a) insert into u (b) select * from n on conflict (b) do nothing',
    'with n as (insert into t (a) select * from unnest(array[1]) on conflict (tenant, lower(a)) do nothing returning a) insert into u (b) select * from n on conflict (tenant, b) do nothing',
  ],
  [
    'create function f() returns void begin atomic insert into t (a) values (1) on conflict (a) do nothing; end',
    'create function f() returns void begin atomic insert into t (a) values (1) on conflict (tenant, a) do nothing; end',
  ],
  [
    'create trigger x before update on t for each row execute function f()',
    'create trigger x before update on t for each row when (new.tenantry_deleted is not true) execute function f()',
  ],
  [
    'create constraint trigger "when" after insert or update on t deferrable for each row when (new.a > 1 and (new.b or new.c)) execute procedure f(1)',
    'create constraint trigger "when" after insert or update on t deferrable for each row when (new.tenantry_deleted is not true and (new.a > 1 and (new.b or new.c))) execute procedure f(1)',
  ],
  [
    "create function f() returns void language sql as 'delete from t'",
    "create function f() returns void language sql as 'update t set tenantry_deleted = true'",
  ],
  [
    `create function ä() returns trigger language plpgsql as $x$ begin -- delete from t
      if tg_op = 'DELETE' then delete FROM only "T" as x using u, (select 1) v where x.a = u.a; end if;
      with d as (delete from p.t where a in (select 1) returning a) select count(*) into strict n from d; delete from t; return null; end $x$`,
    `create function ä() returns trigger language plpgsql as $x$ begin -- delete from t
      if tg_op = 'DELETE' then update only "T" as x set tenantry_deleted = true from u, (select 1) v where x.a = u.a; end if;
      with d as (update p.t set tenantry_deleted = true where a in (select 1) returning a) select count(*) into strict n from d; update t set tenantry_deleted = true; return null; end $x$`,
  ],
];

test.each(others)('what is about keys and views is changed: %s', async (plain, pooled) => {
  expect(await pool(plain)).toEqual([pooled]);
});

test.each([
  'alter table t add column a int default 1, alter column b set not null, drop constraint c',
  'alter table t add constraint c check (a > 1) not valid',
  'alter table t add constraint c unique using index i',
  'create index on t using gin (a)',
  'alter table t validate constraint k',
  'alter table t attach partition p default',
  'create view v with (security_invoker) as select 1',
  'insert into t values (1)',
  'insert into t (a) values (1) on conflict on constraint t_a_key do nothing',
  'update t set a = 1 from u where u.id = t.id',
  "create function f() returns int language sql as 'select 1'",
  'create sequence s',
  "create type m as enum ('a')",
  "comment on table t is 'x'",
  'drop table t, u cascade',
  'create trigger x before insert on t for each row execute function f()',
  'create trigger x before update of a on t for each row execute function f()',
  'create trigger x after update or delete on t for each row execute function f()',
  'create trigger x after update on t for each statement execute function f()',
  'create trigger x instead of update on v for each row execute function f()',
])('what is right as it is stays byte for byte: %s', async (text) => {
  expect(await pool(text)).toEqual([text]);
});

test.each([
  ['insert into t (a) values (1)', true],
  ['update t set a = 1', true],
  ['delete from t', true],
  ['merge into t using u on true when matched then delete', true],
  ['select f()', true],
  ['call p()', true],
  ['with d as (delete from t returning a) select a from d', true],
  ['create table t ()', false],
  ['create index on t (a)', false],
  ['drop table t', false],
  ['lock table t', false],
])('what is about rows runs for each tenant, all else once: %s', async (text, isPerTenant) => {
  expect(await poolStatement(text, new SchemaObjects())).toMatchObject({ isPerTenant });
});

const refusals: readonly [statement: string, reason: RegExp][] = [
  ['create table a (id serial primary key)', /short numbers.*make it bigint/],
  ['create table a (id smallserial)', /short numbers/],
  ['create table a (id int generated always as identity)', /short numbers/],
  ['alter table a add column n smallint generated by default as identity', /short numbers/],
  ['create table t (tenant int)', /column "tenant" of their own.*another name/],
  ['alter table t add column tenant text', /column "tenant"/],
  ['alter table t rename column a to tenant', /column "tenant"/],
  ['alter table t rename column tenant to a', /column "tenant"/],
  ['alter table t drop column tenant', /column "tenant"/],
  ['alter table t alter column tenant drop not null', /column "tenant"/],
  ["alter table t alter column tenant set default 't_a'", /column "tenant"/],
  ['alter table t alter column tenant type text', /column "tenant"/],
  ['create temp table t ()', /temporary table/],
  ['create table t (like u including all)', /LIKE copies keys/],
  ['create table t () inherits (u)', /INHERITS/],
  ['alter table t inherit u', /INHERITS/],
  ['create table t of u', /OF a type/],
  ['create table t (a int, exclude using gist (a with =))', /EXCLUDE.*unique constraint/],
  ['alter table t add exclude using gist (a with =)', /EXCLUDE/],
  ['create table t (a int, foreign key (a) references u match full)', /MATCH FULL.*num_nulls/],
  ['create table t (a int references u match full)', /MATCH FULL/],
  ['create table t (a int references u on update set null)', /ON UPDATE SET NULL/],
  [
    'alter table t add foreign key (a) references u on update set default',
    /ON UPDATE SET NULL and SET DEFAULT/,
  ],
  ['create table t (a int, b int4range, primary key (a, b without overlaps))', /WITHOUT OVERLAPS/],
  ['alter table t add column if not exists a int unique', /IF NOT EXISTS/],
  ['alter table t disable row level security', /row-level security keeps tenants apart/],
  ['alter table t no force row level security', /row-level security keeps tenants apart/],
  ['alter table t enable row level security', /row-level security keeps tenants apart/],
  ['alter table t alter column id restart with 1', /shared by all tenants.*RESTART/],
  ['alter sequence s restart', /shared by all tenants/],
  ["select setval('s', 1)", /shared by all tenants.*setval/],
  ['create unique index on t using hash (a)', /hash index finds.*btree/],
  ['create index on t using brin (a)', /brin index finds/],
  ['create statistics s on a, b from t', /EXPLAIN tells/],
  ['alter statistics s set statistics 10', /EXPLAIN tells/],
  ['alter table t alter column a set statistics 10', /EXPLAIN tells/],
  ['create view v with (security_invoker = false) as select 1', /owner's rights/],
  ['alter view v reset (security_invoker)', /security_invoker/],
  ['alter view v set (security_invoker = off)', /security_invoker/],
  ['create temp view v as select 1', /temporary view/],
  ['create view v as select * from t join u using (a)', /name it twice.*name its columns/],
  ['create view v as select t.*, u.* from t, u', /name it twice/],
  ['create materialized view v as select 1', /made from a query/],
  ['refresh materialized view v', /materialized view/],
  ['create table t as select 1', /made from a query/],
  ['select 1 as a into t', /made from a query/],
  ['insert into t (a, b) select * from u', /\* also names the tenant column/],
  ['insert into t (a, b) select u.* from u, (select 1) v', /\* also names/],
  ['insert into t (a, b) select * from (select * from u) v', /\* also names/],
  ['with r as (delete from u returning *) insert into t (a, b) select * from r', /\* also names/],
  ['merge into t using u on true when not matched then insert values (u.a)', /name the columns/],
  [
    "create function f() returns int language sql security definer as 'select 1'",
    /SECURITY DEFINER.*SECURITY INVOKER/,
  ],
  ['alter function f() security definer', /SECURITY DEFINER/],
  ["create function f() returns void language plpgsql as 'begin notify x; end'", /notification/],
  ["select pg_notify('a', 'b')", /notification/],
  [
    "create function f() returns void language sql as 'insert into t (a) values (1) on conflict (a) do nothing'",
    /ON CONSTRAINT/,
  ],
  [
    "create function f() returns void language plpgsql as $$ begin execute 'delete from t'; end $$",
    /DELETE FROM as a statement of its own/,
  ],
  [
    "create function f() returns void language sql as 'merge into t using u on true when matched then delete'",
    /no MERGE/,
  ],
  ['create function f() returns void begin atomic delete from t; end', /its text in quotes/],
  [
    "create function f() returns void language plpgsql as 'begin delete from t where a = ''x''; end'",
    /in several simpler statements/,
  ],
  ['select lo_create(0)', /large objects.*bytea/],
  ['truncate t', /TRUNCATE empties the table of all tenants.*DELETE FROM/],
  ['create rule r as on insert to t do nothing', /rule.*trigger/],
  ['create policy p on t using (true)', /policies/],
  ['alter policy tenant_rows on t using (true)', /policies/],
  ['drop policy tenant_rows on t', /policies/],
  ['alter policy tenant_rows on t rename to x', /policies/],
  ['alter schema x rename to y', /platform/],
  ['do $$ begin end $$', /not known to keep/],
  ['create event trigger e on sql_drop execute function f()', /not known to keep/],
  [
    'alter table t set without oids, replica identity default, reset (fillfactor), alter constraint x deferrable, owner to x',
    /not known to keep/,
  ],
];

test.each(refusals)(
  'what would open shared tables is refused with reason and way out: %s',
  async (text, reason) => {
    await expect(pool(text)).rejects.toThrow(PoolRefusal);
    await expect(pool(text)).rejects.toThrow(reason);
  },
);

test('a key that is taken gets the number PostgreSQL would give it, and a name that is free again none', async () => {
  const unique = 'alter table t add unique (a)';
  const made = 'create table t (a int unique)';
  expect(await pool(made, unique)).toEqual([
    'alter table t add constraint "t_a_key1" unique (tenant, a)',
  ]);
  const first = ['alter table t add constraint "t_a_key" unique (tenant, a)'];
  expect(await pool(made, 'alter table t drop constraint t_a_key', unique)).toEqual(first);
  expect(await pool(made, 'alter table t rename constraint t_a_key to x', unique)).toEqual(first);
  expect(await pool(made, 'alter table t drop column a', unique)).toEqual(first);
  expect(await pool(made, 'drop table t', unique)).toEqual(first);
});

test('columns are named for a table that got one after it was made', async () => {
  const insert = 'insert into t values (1, 2)';
  await expect(pool('alter table t add column b int', insert)).rejects.toThrow(/name the columns/);
  expect(await pool('alter table u add column b int', insert)).toEqual([insert]);
});

const cascade =
  'alter table t add constraint k foreign key (a) references u on delete cascade not valid';
const trigger = 'create trigger x before delete or update on t for each row execute function f()';

test('a trigger that a foreign key would fire as the owner of all rows is refused, whichever comes first', async () => {
  const reason = /foreign key k .*trigger x as the owner/;
  await expect(pool(cascade, trigger)).rejects.toThrow(reason);
  await expect(pool(trigger, cascade)).rejects.toThrow(reason);
  const partition = 'create table p partition of t default';
  await expect(pool(partition, cascade, trigger.replace('on t', 'on p'))).rejects.toThrow(reason);
});

test('a partition that has rows is not put below a table with foreign keys', async () => {
  const attach = 'alter table t attach partition p default';
  await expect(pool(cascade, attach)).rejects.toThrow(/foreign keys.*PARTITION OF/);
});

test('a trigger that no foreign key fires is let through', async () => {
  const onInsert = trigger.replace('delete or update', 'insert');
  expect(await pool(cascade, onInsert)).toEqual([onInsert]);
  expect(await pool(cascade, 'alter table t drop constraint k', trigger)).toEqual([trigger]);
  expect(await pool(trigger, 'drop trigger x on t', cascade)).toHaveLength(1);
  expect(await pool(cascade.replace(' on delete cascade', ''), trigger)).toEqual([trigger]);
});

const blank = fc.constantFrom(' ', '\n', ' /* ), unique ( */ ', ' -- ), primary key (\n', '\t\n ');
const keys = [
  'UNIQUE',
  'unique nulls not distinct deferrable initially deferred',
  'constraint "Unique (" unique with (fillfactor = 50)',
  'references U',
  'REFERENCES "u, (" (id) match simple on update cascade on delete set null not deferrable',
  'constraint key references u (unique_of_u) on delete set default',
];
const words = [
  ...keys,
  'not null',
  "default '), unique'",
  'check ((n in (1, 2)) or true)',
  'constraint "a "" b" check (true) no inherit',
  'collate "C"',
];

const parts = fc.array(fc.uniqueArray(fc.constantFrom(...words), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
});

test('however columns and keys are written, the tenant column is put in and nothing else is changed', async () => {
  const made = fc.asyncProperty(parts, blank, async (list, space) => {
    const texts = list.map((chosen, index) => [`c${index}`, 'text', ...chosen].join(space));
    const keyCount = list.flat().filter((word) => keys.includes(word)).length;
    const countKeys = (text: string | undefined) => text?.match(/\(tenant, "c/g)?.length ?? 0;
    const [table] = await pool(
      `create table t${space}(${texts.join(`${space},${space}`)}${space})`,
    );
    expect(table).toContain('tenant name not null default current_user');
    expect(countKeys(table)).toBe(keyCount);
    const altered = await pool(`alter table t add${space}${texts.join(`${space}, add column `)}`);
    expect(countKeys(altered.join())).toBe(keyCount);
  });
  await fc.assert(made, { numRuns: 60 });
});
