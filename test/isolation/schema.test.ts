import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  dropTenantSchema,
  provisionAndVerifySchema,
  provisionTenantSchema,
  sqlStateOf,
  suspendTenantSchema,
  verifyPrivileges,
} from '@tenantry/database';
import { applyMigrations, tenantTarget, type CompiledMigration } from '@tenantry/migrations';
import { newTenantId } from '@tenantry/tenancy';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
  type TestTenant,
} from '../support/open-test-cluster.ts';

let cluster: TestCluster;
let thor: TestTenant;
let potter: TestTenant;

beforeAll(async () => {
  cluster = await openTestCluster();
  thor = await createTestTenant(cluster);
  potter = await createTestTenant(cluster);
  await thor.db.insertInto('poll').values({ question: 'thor-marker' }).execute();
  await potter.db.insertInto('poll').values({ question: 'potter-marker' }).execute();
});
afterAll(async () => {
  await cluster.close();
});

/** Runs any SQL as potter; `{thor}`, `{potter}` stand for the two schemas, `{thor_owner}` for thor's owner role. */
async function attack(text: string, db: AnyDb = potter.db): Promise<string> {
  const query = text
    .replaceAll('{thor_owner}', thor.owner)
    .replaceAll('{potter_owner}', potter.owner)
    .replaceAll('{thor}', thor.schema)
    .replaceAll('{potter}', potter.schema);
  try {
    const result = await sql.raw(query).execute(db);
    return `succeeded: ${JSON.stringify(result.rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
  } catch (error) {
    return sqlStateOf(error) ?? String(error);
  }
}

const denied = '42501';

test.each([
  'select * from {thor}.poll',
  'select count(*) from {thor}.poll',
  'select exists (select from {thor}.poll)',
  "select * from (select '{thor}.poll'::regclass) x",
  "select pg_relation_size('{thor}.poll')",
  "insert into {thor}.poll (question) values ('x')",
  "update {thor}.poll set question = 'x'",
  'delete from {thor}.poll',
  'truncate {thor}.poll',
  'select * from {thor}.poll for update',
  'copy {thor}.poll to stdout',
  'explain analyze select * from {thor}.poll',
  'merge into {thor}.poll p using (select 1) x on true when matched then delete',
  "select nextval('{thor}.poll_id_seq')",
  'select * from {thor}.tenantry_ledger',
  'create table {thor}.mine ()',
  'create view {potter}.peek as select * from {thor}.poll',
  'alter table {thor}.poll add column x text',
  'drop table {thor}.poll',
  'drop schema {thor} cascade',
  'alter schema {thor} rename to x',
  'grant usage on schema {thor} to {potter}',
])("another tenant's data is out of reach: %s", async (text) => {
  expect(await attack(text)).toBe(denied);
});

test.each([
  'set role {thor}',
  'set role {thor_owner}',
  'set role {potter_owner}',
  'set role app_tenants_owner',
  'set role platform_migrator',
  'set role platform_provisioner',
  'set role tenantry_admin',
  'set session authorization {thor}',
  'grant {thor} to {potter}',
  'grant app_tenants to {potter} with admin option',
  "alter role {thor} password 'x'",
  'alter role {thor} nologin',
  'alter role {potter} createrole',
  'alter role {potter} superuser',
  'alter role {potter} connection limit 1000',
  "alter role {potter} valid until 'infinity'",
  "alter role {thor} set search_path = 'x'",
  'drop role {thor}',
  'create role mine',
  'create database mine',
  "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{thor}'",
  "select pg_cancel_backend(pid) from pg_stat_activity where usename = '{thor}'",
  "select tenantry.apply('{thor}', '{thor_owner}', '{}', '{}')",
  "select tenantry.drop_schema('x')",
])('no other role can be had: %s', async (text) => {
  expect(['42501', '0LP01', '22023', '42704']).toContain(await attack(text));
});

test.each([
  'create table mine ()',
  'create temp table mine ()',
  'create schema mine',
  'create function mine() returns int language sql as $$ select 1 $$',
  'create function {potter}.mine() returns trigger language plpgsql as $$ begin return new; end $$',
  'create function pg_temp.mine() returns int language sql as $$ select 1 $$',
  'create view mine as select 1',
  'create materialized view mine as select 1',
  'create sequence mine',
  'create type mine as enum ()',
  'create domain mine as int',
  'create trigger mine before insert on poll for each row execute function suppress_redundant_updates_trigger()',
  'create rule mine as on insert to poll do instead nothing',
  'create index mine on poll (question)',
  'create policy mine on poll using (true)',
  'alter table poll add column mine text',
  "alter table poll alter column question set default 'x'",
  'alter table poll add constraint mine check (false)',
  'alter table poll enable row level security',
  'alter table poll owner to {potter}',
  'create table {potter}.mine (id bigint references {potter}.poll)',
  'drop table poll',
  'truncate poll',
  'comment on table poll is $$x$$',
  'reindex table poll',
  'create extension hstore',
  'create extension dblink',
  'create event trigger mine on ddl_command_start execute function suppress_redundant_updates_trigger()',
  'create publication mine for all tables',
  "create subscription mine connection 'x' publication y",
  'create server mine foreign data wrapper x',
  'create foreign data wrapper mine',
  'create cast (text as int) with inout',
  'create operator === (leftarg = text, rightarg = text, function = texteq)',
  'create table shared.mine ()',
  'create table public.mine ()',
  'alter default privileges grant all on tables to public',
  'alter default privileges for role {potter_owner} grant all on tables to public',
  'grant select on poll to public',
  'security label on table poll is $$x$$',
])('a tenant can plant nothing: %s', async (text) => {
  const answer = await attack(text);
  // A grant or default privilege of one's own without a right to give is a warning or an empty act, never an effect.
  const effects = await sql<{ count: bigint }>`
    select (select count(*) from pg_class where relname = 'mine') + (select count(*) from pg_proc where proname = 'mine')
      + (select count(*) from pg_type where typname = 'mine') + (select count(*) from pg_trigger where tgname = 'mine')
      + (select count(*) from pg_namespace where nspname = 'mine')
      + (select count(*) from information_schema.role_table_grants
          where table_schema like 't\\_%' and grantee = 'PUBLIC') as count`.execute(cluster.admin);
  expect(effects.rows[0]?.count).toBe(0n);
  if (!/grant (all|select)/.test(text)) expect(answer).not.toMatch(/^succeeded/);
});

test.each([
  "copy poll from program 'id'",
  "copy poll to '/tmp/x'",
  "copy poll from '/etc/passwd'",
  "select pg_read_file('/etc/passwd')",
  "select pg_ls_dir('/')",
  "select lo_import('/etc/passwd')",
  "select lo_export(1, '/tmp/x')",
  'alter system set work_mem = 1',
  'select pg_reload_conf()',
  'checkpoint',
  'set session_replication_role = replica',
  'set log_statement = all',
  "load 'x'",
])("the server's files, programs and settings are out of reach: %s", async (text) => {
  expect(await attack(text)).not.toMatch(/^succeeded/);
});

test.each([
  'select * from catalog.tenants',
  'select * from catalog.routes',
  'select * from site.page',
  "insert into shared.category values ('mine', 'Mine')",
  'delete from shared.category',
  'select * from tenantry_ledger',
  "insert into tenantry_ledger (id, checksum) values ('polls/9999_x', 'x')",
  "update tenantry_ledger set checksum = 'x'",
  'delete from tenantry_ledger',
  'select * from pg_authid',
])("the platform's own tables are out of reach: %s", async (text) => {
  expect(await attack(text)).toBe(denied);
});

test("another tenant's table cannot be locked", async () => {
  const locking = potter.db.transaction().execute(async (trx) => {
    await sql.raw(`lock table ${thor.schema}.poll in access exclusive mode`).execute(trx);
  });
  await expect(locking).rejects.toEqual(expect.objectContaining({ code: denied }));
});

test('shared data is readable', async () => {
  expect(await attack("select id from shared.category where id = 'food'")).toBe(
    'succeeded: [{"id":"food"}]',
  );
});

test('a search path of its own choosing leads a tenant nowhere', async () => {
  await potter.db.connection().execute(async (db) => {
    expect(await attack('set search_path = {thor}, public', db)).toBe('succeeded: []');
    expect(await attack('select * from poll', db)).toBe('42P01');
    expect(await attack("select set_config('search_path', '{thor}', false)", db)).toMatch(
      /^succeeded/,
    );
    expect(await attack("insert into poll (question) values ('x')", db)).toBe('42P01');
    await sql`reset search_path`.execute(db);
  });
});

test("a tenant's password opens no other database", async () => {
  for (const database of ['postgres', 'template1']) {
    const elsewhere = cluster.openAs(potter.schema, potter.password, { database });
    expect(await attack('select 1', elsewhere)).toBe(denied);
  }
});

test('what all attacks left behind is nothing: rows, roles and grants are as they were', async () => {
  expect(await thor.db.selectFrom('poll').select('question').execute()).toEqual([
    { question: 'thor-marker' },
  ]);
  expect(await potter.db.selectFrom('poll').select('question').execute()).toEqual([
    { question: 'potter-marker' },
  ]);
  for (const tenant of [thor, potter]) await verifyPrivileges(cluster.provisioner, tenant.id);
});

test('advisory locks that a tenant holds delay no migration', async () => {
  await potter.db.connection().execute(async (db) => {
    await sql`select pg_advisory_lock(key) from generate_series(1, 1000) key`.execute(db);
    const extra = {
      ...migration('polls/0002_lock'),
      up: [{ sql: 'create table lock_probe ()', line: 1, effects: [] }],
    };
    const result = await applyMigrations(cluster.migrator, tenantTarget(thor.id), [extra]);
    expect(result.applied).toEqual(['polls/0002_lock']);
    await sql`select pg_advisory_unlock_all()`.execute(db);
  });
});

test("a migration runs as the tenant's owner, in its schema, and what it makes gets the tenant's rights only", async () => {
  const probe = {
    ...migration('polls/0003_who'),
    up: [
      { sql: 'create table who (role text default current_user, path text)', line: 1, effects: [] },
      { sql: "insert into who (path) select current_setting('search_path')", line: 2, effects: [] },
    ],
  };
  await applyMigrations(cluster.migrator, tenantTarget(potter.id), [probe]);
  expect(await potter.db.selectFrom('who').selectAll().execute()).toEqual([
    { role: potter.owner, path: `${potter.schema}, pg_temp` },
  ]);
  expect(await attack('select * from {potter}.who', thor.db)).toBe(denied);
  expect(await attack('create table mine ()')).toBe(denied);
});

test('after suspension no statement succeeds, not even on a session that was open before', async () => {
  const victim = await createTestTenant(cluster);
  await victim.db.connection().execute(async (db) => {
    await sql`select count(*) from poll`.execute(db);
    await suspendTenantSchema(cluster.provisioner, victim.id);
    expect(await attack('select count(*) from poll', db)).not.toMatch(/^succeeded/);
  });
  expect(await attack('select 1', victim.db)).not.toMatch(/^succeeded/);
});

test('a deleted tenant leaves no schema, role, membership or default privilege', async () => {
  const victim = await createTestTenant(cluster);
  await dropTenantSchema(cluster.provisioner, victim.id);
  const left = await sql<{ count: bigint }>`
    select (select count(*) from pg_roles where rolname in (${victim.schema}, ${victim.owner}))
      + (select count(*) from pg_namespace where nspname = ${victim.schema})
      + (select count(*) from pg_default_acl a where not exists (select from pg_roles r where r.oid = a.defaclrole))
      as count`.execute(cluster.admin);
  expect(left.rows[0]?.count).toBe(0n);
});

test('a right that a tenant must not have is found and named', async () => {
  const tenant = await createTestTenant(cluster);
  await sql
    .raw(`grant create on schema ${tenant.schema} to ${tenant.schema}`)
    .execute(cluster.provisioner);
  await expect(verifyPrivileges(cluster.provisioner, tenant.id)).rejects.toEqual(
    expect.objectContaining({
      code: 'PRIVILEGES_NOT_EFFECTIVE',
      violations: ['the role may create in its schema'],
    }),
  );
});

test('provisioning reads back in the same statement what it made, and names a right that is left', async () => {
  const id = newTenantId();
  const password = 'x';
  await provisionAndVerifySchema(cluster.provisioner, id, { password });
  await sql.raw(`grant usage on schema t_${id} to public`).execute(cluster.provisioner);
  await provisionAndVerifySchema(cluster.provisioner, id, { password });
  await sql.raw(`grant create on schema t_${id} to t_${id}`).execute(cluster.provisioner);
  await expect(
    provisionAndVerifySchema(cluster.provisioner, id, { password }),
  ).rejects.toMatchObject({ violations: ['the role may create in its schema'] });
});

test('provisioning by a role that may not fails closed', async () => {
  await expect(
    provisionTenantSchema(cluster.migrator, newTenantId(), { password: 'x' }),
  ).rejects.toThrow(/permission denied/);
});

test('50 tenants made at the same moment all have their walls', async () => {
  const ids = Array.from({ length: 50 }, newTenantId);
  const provisioners = Array.from({ length: 8 }, () =>
    cluster.openAs('platform_provisioner', 'password-of-platform_provisioner'),
  );
  await Promise.all(
    ids.map(async (id, index) => {
      const provisioner = provisioners[index % provisioners.length] ?? cluster.provisioner;
      await provisionAndVerifySchema(provisioner, id, { password: 'x' });
    }),
  );
});

function migration(id: string): Omit<CompiledMigration, 'up'> {
  return {
    id,
    module: 'polls',
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: id,
    down: null,
  };
}
