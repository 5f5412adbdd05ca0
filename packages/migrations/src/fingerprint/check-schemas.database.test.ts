import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
  type TestTenant,
} from '../../../../test/support/open-test-cluster.ts';
import { applyMigrations } from '../apply-migrations.ts';
import type { CompiledMigration } from '../compiled-migrations.ts';
import { staticTargets, tenantTarget } from '../migration-targets.ts';
import { splitStatements } from '../split-statements.ts';
import { checkSchemas } from './check-schemas.ts';
import { fingerprintSchemas } from './fingerprint-schemas.ts';

let cluster: TestCluster;
let migrations: readonly CompiledMigration[];
/** A tenant that no test changes. */
let other: TestTenant;

/** One of everything that a migration can make. */
const everything = `
  create type mood as enum ('good', 'bad');
  create domain positive as int check (value > 0);
  create type pair as (a int, b text);
  create sequence counter;
  create table author (id int generated always as identity primary key, name text not null default 'x');
  create table book (id int primary key, author_id int references author, mood mood, price positive,
    total int generated always as (id * 2) stored, constraint book_price_check check (price > 1));
  create index book_author_idx on book (author_id) where author_id > 0;
  create view book_view as select b.id, a.name from book b join author a on a.id = b.author_id;
  create materialized view book_count as select count(*) as n from book;
  create function book_changed() returns trigger language plpgsql as $$ begin return new; end $$;
  create function many() returns text language sql as $$ select repeat('x', 10) $$;
  create trigger book_trigger before update on book for each row execute function book_changed();
  alter table book enable row level security;
  create policy book_policy on book using (id > 0);
  create rule book_rule as on delete to author do also nothing;
  create statistics book_statistics on id, author_id from book`;

beforeAll(async () => {
  cluster = await openTestCluster();
  migrations = [
    await toMigration('polls/0001_first', 'create table first (id int primary key)'),
    await toMigration('polls/0002_second', 'create table second (id int primary key)'),
    await toMigration('polls/0003_everything', everything),
  ];
  other = await createTenant();
});
afterAll(async () => {
  await cluster.close();
});

async function toMigration(id: string, text: string): Promise<CompiledMigration> {
  const statements = await splitStatements(text, { file: '', firstLine: 1 });
  return {
    id,
    module: 'polls',
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: `sum of ${id}`,
    up: statements.map(({ sql: statement, line }) => ({ sql: statement, line, effects: [] })),
    down: null,
  };
}

async function check(...tenants: TestTenant[]) {
  return await checkSchemas(cluster.migrator, 'tenant', {
    compiled: { hash: 'h', migrations },
    targets: tenants.map(({ id }) => tenantTarget(id)),
  });
}

/** A tenant with so many of the migrations. */
async function createTenant(count = migrations.length): Promise<TestTenant> {
  const tenant = await createTestTenant(cluster, { migrate: false });
  await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations.slice(0, count));
  return tenant;
}

async function changeByHand(tenant: TestTenant, change: string): Promise<void> {
  await cluster.admin.transaction().execute(async (trx) => {
    await sql`set local search_path = ${sql.id(tenant.schema)}`.execute(trx);
    await sql.raw(change.replaceAll('USER', tenant.schema)).execute(trx);
  });
}

test('tenants with the same migrations have one fingerprint, and it is that of the reference', async () => {
  const tenants = [other, await createTenant()];
  const { fingerprints, findings } = await check(...tenants);
  expect(findings).toEqual([]);
  expect(fingerprints.size).toBe(2);
  expect(new Set(fingerprints.values()).size).toBe(1);
});

test('the shared schema and the site are compared with what their own migrations make', async () => {
  for (const scope of ['shared', 'site'] as const) {
    const compiled = cluster.compiled.scopes[scope];
    expect(compiled.migrations.length).toBeGreaterThan(0);
    const targets = [staticTargets[scope]];
    const result = await checkSchemas(cluster.migrator, scope, { compiled, targets });
    expect(result.findings).toEqual([]);
    expect(result.fingerprints.size).toBe(1);
  }
});

test('tenants at different versions, one of them new, are each compared with their own', async () => {
  const tenants = [
    other,
    await createTenant(1),
    await createTestTenant(cluster, { migrate: false }),
  ];
  const { fingerprints, findings } = await check(...tenants);
  expect(findings).toEqual([]);
  expect(new Set(fingerprints.values()).size).toBe(3);
});

test.each([
  ['alter table book drop column price cascade', 'column book.price', 'missing'],
  ['alter table book add column extra int', 'column book.extra', 'unexpected'],
  ['alter table author alter column name drop not null', 'column author.name', 'different'],
  ['alter table author alter column name set default 1', 'column author.name', 'different'],
  ['alter table book alter column price type bigint', 'column book.price', 'different'],
  ['alter table book alter column total drop expression', 'column book.total', 'different'],
  ['alter table author alter column id drop identity', 'column author.id', 'different'],
  ['drop index book_author_idx', 'index book_author_idx', 'missing'],
  ['create index extra_idx on book (id)', 'index extra_idx', 'unexpected'],
  [
    'alter table book drop constraint book_price_check',
    'constraint book.book_price_check',
    'missing',
  ],
  [
    'alter table book drop constraint book_author_id_fkey, add constraint book_author_id_fkey foreign key (author_id) references author on delete cascade',
    'constraint book.book_author_id_fkey',
    'different',
  ],
  ['drop table book cascade', 'table book', 'missing'],
  ['create table extra (id int)', 'table extra', 'unexpected'],
  [
    'create or replace view book_view as select b.id, a.name from book b join author a on true',
    'view book_view',
    'different',
  ],
  ['drop materialized view book_count', 'materialized view book_count', 'missing'],
  [
    `create or replace function many() returns text language sql as $$ select 'y' $$`,
    'function many()',
    'different',
  ],
  ['grant execute on function many() to public', 'function many()', 'different'],
  ['alter table book disable trigger book_trigger', 'trigger book.book_trigger', 'different'],
  ['drop trigger book_trigger on book', 'trigger book.book_trigger', 'missing'],
  ['alter sequence counter increment by 5', 'sequence counter', 'different'],
  ['drop policy book_policy on book', 'policy book.book_policy', 'missing'],
  ['alter policy book_policy on book using (true)', 'policy book.book_policy', 'different'],
  ['alter table book disable row level security', 'table book', 'different'],
  ['alter table book force row level security', 'table book', 'different'],
  ['alter table book set (fillfactor = 50)', 'table book', 'different'],
  ['alter table author owner to current_user', 'table author', 'different'],
  ['grant truncate on author to USER', 'table author', 'different'],
  ['grant select (name) on author to catalog_reader', 'column author.name', 'different'],
  ['grant create on schema USER to USER', 'schema', 'different'],
  ['drop rule book_rule on author', 'rule author.book_rule', 'missing'],
  [`alter type mood add value 'so so'`, 'enum mood', 'different'],
  ['alter domain positive drop constraint positive_check', 'domain positive', 'different'],
  ['alter type pair add attribute c int', 'column pair.c', 'unexpected'],
  ['drop statistics book_statistics', 'statistics book_statistics', 'missing'],
  [
    'alter table tenantry_ledger add column forged int',
    'column tenantry_ledger.forged',
    'unexpected',
  ],
  ['grant select on tenantry_ledger to USER', 'table tenantry_ledger', 'different'],
])('a change by hand is named: %s', async (change, object, difference) => {
  const tenant = await createTenant();
  await changeByHand(tenant, change);
  const { findings } = await check(other, tenant);
  expect(findings).toContainEqual(
    expect.objectContaining({ schema: tenant.schema, object, difference }),
  );
  expect(findings.filter(({ schema }) => schema === other.schema)).toEqual([]);
  const fingerprints = await fingerprintSchemas(
    cluster.migrator,
    [other, tenant].map(({ id }) => tenantTarget(id)),
  );
  expect(new Set(fingerprints.values()).size).toBe(2);
});

test('what is expected and what is there stand side by side, in words without the tenant', async () => {
  const tenant = await createTenant();
  await changeByHand(tenant, `alter table author alter column name set default 'y'`);
  expect((await check(tenant)).findings).toEqual([
    {
      schema: tenant.schema,
      object: 'column author.name',
      difference: 'different',
      expected: `text not null default 'x'::text`,
      actual: `text not null default 'y'::text`,
    },
  ]);
});

test('a suspended tenant still has the objects of its migrations', async () => {
  const tenant = await createTenant();
  await sql`select tenantry.suspend_schema(${tenant.id})`.execute(cluster.provisioner);
  expect((await check(tenant)).findings).toEqual([]);
});

test('a ledger that was changed by hand is named, by row', async () => {
  const tenant = await createTenant();
  const [first] = migrations;
  await changeByHand(
    tenant,
    `update tenantry_ledger set checksum = 'other' where id = '${first?.id}'`,
  );
  expect((await check(tenant)).findings).toEqual([
    {
      schema: tenant.schema,
      object: `migration ${first?.id}`,
      difference: 'checksum',
      expected: first?.checksum,
      actual: 'other',
    },
  ]);
  await changeByHand(
    tenant,
    `insert into tenantry_ledger (id, checksum, position) values ('polls/9999_later', 'x', 999)`,
  );
  expect((await check(tenant)).findings).toContainEqual({
    schema: tenant.schema,
    object: 'migration polls/9999_later',
    difference: 'unknown',
    expected: null,
    actual: 'applied',
  });
});

test('a migration that the ledger lacks although a later one of its module is there is named', async () => {
  const tenant = await createTenant();
  await changeByHand(tenant, `delete from tenantry_ledger where id = 'polls/0002_second'`);
  const { findings } = await check(tenant);
  expect(findings).toContainEqual({
    schema: tenant.schema,
    object: 'migration polls/0002_second',
    difference: 'missing',
    expected: 'applied before polls/0003_everything',
    actual: 'pending',
  });
});

test('a tenant whose schema is gone is named', async () => {
  const tenant = await createTenant();
  await sql`drop schema ${sql.id(tenant.schema)} cascade`.execute(cluster.admin);
  const { findings, fingerprints } = await check(tenant);
  expect(findings).toContainEqual(
    expect.objectContaining({ object: 'schema', difference: 'missing', schema: tenant.schema }),
  );
  expect(fingerprints.size).toBe(0);
});

test('checks at the same time do not disturb each other and leave nothing in the reference', async () => {
  const results = await Promise.all(Array.from({ length: 4 }, () => check(other)));
  expect(results.flatMap(({ findings }) => findings)).toEqual([]);
  const left =
    await sql`select from pg_class where relnamespace = cast('tenantry_reference' as regnamespace)`.execute(
      cluster.admin,
    );
  expect(left.rows).toEqual([]);
});

test('none but the migrator, and the provisioner who makes it in own databases, gets into the reference; nobody logs in as its roles', async () => {
  const { rows } = await sql<{ role: string }>`select rolname as role from pg_roles
    where rolcanlogin and not rolsuper and (has_schema_privilege(oid, 'tenantry_reference', 'USAGE')
      or pg_has_role(oid, 'o_reference', 'MEMBER') or pg_has_role(oid, 't_reference', 'MEMBER'))
      and rolname <> current_user`.execute(cluster.admin);
  expect(rows.map(({ role }) => role).toSorted()).toEqual([
    'platform_migrator',
    'platform_provisioner',
  ]);
  const { rows: own } = await sql`select from pg_roles
    where rolname in ('o_reference', 't_reference') and rolcanlogin`.execute(cluster.admin);
  expect(own).toEqual([]);
  await expect(
    sql`select * from tenantry.describe_objects('[]')`.execute(other.db),
  ).rejects.toMatchObject({ code: '42501' });
});
