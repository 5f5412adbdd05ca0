import type { AuditFinding } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAuditedCluster, type AuditedCluster } from '../support/open-audited-cluster.ts';
import {
  expectFoundAndHealed,
  nameFindings,
  type HoleGround,
  type SeededHole,
} from '../support/seeded-hole.ts';

type Place = 'home' | 'loner' | 'elsewhere';

/** A statement about what deletes the rows of a shared table, `%s` of which is named after the table's oid. */
const ofPoll = (statement: string) =>
  `do $do$ begin execute format($f$${statement}$f$, 'p_main.tenantry_delete_' || cast(cast('p_main.poll' as regclass) as oid)); end $do$`;

/** `{thor}`, `{potter}`, `{loner}` and `{swimmer}` stand for tenants' roles, `..._owner` for their owners'. */
const holes: readonly SeededHole<Place>[] = [
  {
    hole: 'a missing REVOKE on a database',
    plant: ['grant connect, temporary on database tenantry to public'],
    code: 'DATABASE_GRANT',
    says: 'database tenantry: PUBLIC has CONNECT, TEMPORARY',
  },
  {
    hole: 'TEMP for everybody in a database of its own',
    plant: ['grant temporary on database {loner} to public'],
    code: 'DATABASE_GRANT',
    says: 'database {loner}: PUBLIC has TEMPORARY',
  },
  {
    hole: "a tenant that may enter another one's database",
    plant: ['grant connect on database {loner} to {potter}'],
    code: 'DATABASE_GRANT',
    says: 'database {loner}: {potter} has CONNECT',
  },
  {
    hole: 'a missing REVOKE on schema public',
    plant: ['grant usage, create on schema public to public'],
    code: 'SCHEMA_GRANT',
    says: 'schema public: PUBLIC has CREATE, USAGE',
  },
  {
    hole: 'GRANT to PUBLIC on a schema',
    plant: ['grant usage on schema {thor} to public'],
    code: 'SCHEMA_GRANT',
    says: 'schema {thor}: PUBLIC has USAGE',
  },
  {
    hole: 'GRANT to PUBLIC on a schema of a database of its own',
    plant: ['grant usage on schema {loner} to public'],
    at: 'loner',
    code: 'SCHEMA_GRANT',
    says: 'schema {loner}: PUBLIC has USAGE',
  },
  {
    hole: "a tenant that may use another one's schema",
    plant: ['grant usage on schema {thor} to {potter}'],
    code: 'SCHEMA_GRANT',
    says: 'schema {thor}: {potter} has USAGE',
  },
  {
    hole: "CREATE on the tenant's own schema",
    plant: ['grant create on schema {thor} to {thor}'],
    code: 'SCHEMA_GRANT',
    says: 'schema {thor}: {thor} has CREATE',
  },
  {
    hole: 'GRANT to PUBLIC on a table',
    plant: ['grant select on {thor}.poll to public'],
    code: 'TABLE_GRANT',
    says: 'table {thor}.poll: PUBLIC has SELECT',
  },
  {
    hole: "a tenant that may read another one's table",
    plant: ['grant select on {thor}.poll to {potter}'],
    code: 'TABLE_GRANT',
    says: 'table {thor}.poll: {potter} has SELECT',
  },
  {
    hole: "TRUNCATE and TRIGGER on the tenant's own table",
    plant: ['grant truncate, trigger on {thor}.poll to {thor}'],
    code: 'TABLE_GRANT',
    says: 'table {thor}.poll: {thor} has TRIGGER, TRUNCATE',
  },
  {
    hole: 'a ledger that the tenant may write',
    plant: ['grant insert on {thor}.tenantry_ledger to {thor}'],
    code: 'TABLE_GRANT',
    says: 'table {thor}.tenantry_ledger: {thor} has INSERT',
  },
  {
    hole: 'a right on a column',
    plant: ['grant select (question) on {thor}.poll to {potter}'],
    code: 'COLUMN_GRANT',
    says: 'column {thor}.poll.question: {potter} has SELECT',
  },
  {
    hole: 'a request path that reads more than routes',
    plant: ['grant select on catalog.tenants to catalog_reader'],
    code: 'TABLE_GRANT',
    says: 'table catalog.tenants: catalog_reader has SELECT',
  },
  {
    hole: 'an audit trail that can be rewritten',
    plant: ['grant update, delete on catalog.audit to catalog_writer'],
    code: 'TABLE_GRANT',
    says: 'table catalog.audit: catalog_writer has DELETE, UPDATE',
  },
  {
    hole: 'GRANT to PUBLIC on a function',
    plant: [
      'set role {thor_owner}',
      'create function {thor}.peek() returns int language sql as $$ select 1 $$',
      'reset role',
      'grant execute on function {thor}.peek() to public',
    ],
    code: 'FUNCTION_GRANT',
    says: 'function {thor}.peek(): PUBLIC may run it',
    heal: ['drop function {thor}.peek()'],
  },
  {
    hole: 'a function of the platform that everybody may run',
    plant: ['grant execute on function tenantry.drop_schema(text) to public'],
    code: 'FUNCTION_GRANT',
    says: 'function tenantry.drop_schema(text): PUBLIC may run it',
  },
  {
    hole: "a SECURITY DEFINER function in a tenant's schema",
    plant: [
      'set role {thor_owner}',
      'create function {thor}.peek() returns int language sql security definer set search_path = pg_catalog as $$ select 1 $$',
      'reset role',
    ],
    code: 'SECURITY_DEFINER',
    says: 'function {thor}.peek(): it runs with the rights of {thor_owner}',
    heal: ['drop function {thor}.peek()'],
  },
  {
    hole: 'a SECURITY DEFINER function without a search path',
    plant: [
      'create schema reports',
      'create function reports.peek() returns int language sql security definer as $$ select 1 $$',
    ],
    code: 'SECURITY_DEFINER',
    says: 'function reports.peek(): it runs with the rights of postgres and does not set its search path',
    heal: ['drop schema reports cascade'],
  },
  {
    hole: 'an owner that can log in',
    plant: ['alter role {thor_owner} login'],
    code: 'OWNER_LOGIN',
    says: 'role {thor_owner}: it can log in',
  },
  {
    hole: "a pool's owner that can log in",
    plant: ['alter role po_main login'],
    code: 'OWNER_LOGIN',
    says: 'role po_main: it can log in',
  },
  {
    hole: 'SUPERUSER',
    plant: ['alter role {potter} superuser'],
    code: 'ROLE_POWER',
    says: 'role {potter}: it has SUPERUSER',
  },
  {
    hole: 'BYPASSRLS and CREATEROLE',
    plant: ['alter role {swimmer} bypassrls createrole'],
    code: 'ROLE_POWER',
    says: 'role {swimmer}: it has BYPASSRLS, CREATEROLE',
  },
  {
    hole: 'CREATEDB, which a master user may give',
    plant: ['alter role {potter} createdb'],
    code: 'ROLE_POWER',
    says: 'role {potter}: it has CREATEDB',
  },
  {
    hole: 'a membership in another tenant',
    plant: ['grant {thor} to {potter}'],
    code: 'MEMBERSHIP',
    says: 'role {potter}: it is a member of {thor}',
  },
  {
    hole: 'a membership in the own owner',
    plant: ['grant {potter_owner} to {potter}'],
    code: 'MEMBERSHIP',
    says: 'role {potter}: it is a member of {potter_owner}',
  },
  {
    hole: 'a tenant of a schema in a pool',
    plant: ['grant p_main to {potter}'],
    code: 'MEMBERSHIP',
    says: 'role {potter}: it is a member of p_main',
  },
  {
    hole: 'an owner that takes on a tenant of a pool',
    plant: ['grant {swimmer} to po_main'],
    code: 'MEMBERSHIP',
    says: 'role po_main: it is a member of {swimmer}',
  },
  {
    hole: 'a migrator that inherits',
    plant: ['grant {thor_owner} to platform_migrator with inherit true'],
    since: 16,
    code: 'MEMBERSHIP',
    says: 'role platform_migrator: it is a member of {thor_owner} and inherits its rights',
  },
  {
    hole: 'an indexer that can become an owner',
    plant: ['grant {thor_owner} to platform_indexer with set true'],
    since: 16,
    code: 'MEMBERSHIP',
    says: 'role platform_indexer: it is a member of {thor_owner} and can become it',
  },
  {
    hole: 'an auditor that reads all data',
    plant: ['grant pg_read_all_data to platform_auditor'],
    code: 'MEMBERSHIP',
    says: 'role platform_auditor: it is a member of pg_read_all_data',
  },
  {
    hole: 'default privileges for PUBLIC',
    plant: [
      'alter default privileges for role {thor_owner} in schema {thor} grant select on tables to public',
    ],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of {thor_owner} in schema {thor}: PUBLIC gets SELECT on tables',
  },
  {
    hole: 'default privileges for PUBLIC in whatever schema',
    plant: ['alter default privileges for role {thor_owner} grant select on tables to public'],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of {thor_owner}: PUBLIC gets SELECT on tables',
  },
  {
    hole: 'a database that a tenant owns',
    plant: ['create database spare owner {potter}', 'revoke all on database spare from public'],
    code: 'OWNERSHIP',
    says: 'role {potter}: it owns 1 pg_database',
    heal: ['drop database spare'],
  },
  {
    hole: 'default privileges for another tenant',
    plant: [
      'alter default privileges for role {thor_owner} in schema {thor} grant select on tables to {potter}',
    ],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of {thor_owner} in schema {thor}: {potter} gets SELECT on tables',
  },
  {
    hole: "default privileges that open a pool's next table before it was looked at",
    plant: [
      'alter default privileges for role po_main in schema p_main grant select on tables to p_main',
    ],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of po_main in schema p_main: p_main gets SELECT on tables',
  },
  {
    hole: 'functions of the next migration that everybody may run',
    plant: ['alter default privileges for role {thor_owner} grant execute on functions to public'],
    code: 'DEFAULT_PRIVILEGE_MISSING',
    says: 'default privileges of {thor_owner}: functions that it makes can be run by PUBLIC',
  },
  {
    hole: 'a missing policy',
    plant: ['drop policy tenant_rows on p_main.poll'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: it has not exactly the policies tenant_rows and new_tenants',
  },
  {
    hole: 'a policy that lets everybody see everything',
    plant: ['create policy everybody on p_main.poll using (true)'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: it has not exactly the policies tenant_rows and new_tenants',
  },
  {
    hole: 'row-level security switched off',
    plant: ['alter table p_main.poll disable row level security'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: row-level security is off',
  },
  {
    hole: 'FORCE switched off',
    plant: ['alter table p_main.poll no force row level security'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: row-level security does not hold for its owner (FORCE)',
  },
  {
    hole: 'a column whose values statistics tell of',
    plant: ['alter table p_main.poll alter column question set statistics 100'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: column question has planner statistics, which tell of values of other tenants',
  },
  {
    hole: 'a unique key without the tenant',
    plant: ['create unique index peek on p_main.poll (question)'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: unique key peek does not begin with tenant',
    heal: ['drop index p_main.peek'],
  },
  {
    hole: 'a table without the tenant',
    plant: ['create table p_main.open_ (id int)', 'alter table p_main.open_ owner to po_main'],
    code: 'POOL_TABLE_OPEN',
    says: 'table open_ of pool main: it has no column tenant',
    heal: ['drop table p_main.open_'],
  },
  {
    hole: 'a view with the rights of its owner',
    plant: [
      'set role po_main',
      'create view p_main.peek as select * from p_main.poll',
      'reset role',
      'grant select on p_main.peek to p_main',
    ],
    code: 'POOL_TABLE_OPEN',
    says: 'view peek of pool main: it reads with the rights of its owner (security_invoker is off)',
    heal: ['drop view p_main.peek'],
  },
  {
    hole: 'a materialized view that tenants may read',
    plant: [
      'set role po_main',
      'create materialized view p_main.peek as select * from p_main.poll',
      'reset role',
      'grant select on p_main.peek to p_main',
    ],
    code: 'TABLE_GRANT',
    says: 'materialized view p_main.peek: p_main has SELECT',
    heal: ['drop materialized view p_main.peek'],
  },
  {
    hole: 'a partition that tenants may read past its table',
    plant: [
      'set role po_main',
      'create table p_main.event (tenant name not null default current_user, day date not null) partition by range (day)',
      "create table p_main.event_1 partition of p_main.event for values from ('2026-01-01') to ('2027-01-01')",
      'reset role',
      'grant select on p_main.event_1 to p_main',
    ],
    code: 'TABLE_GRANT',
    says: 'partition p_main.event_1: p_main has SELECT',
    heal: ['drop table p_main.event cascade'],
  },
  {
    hole: 'DELETE on all of a shared table, with which a tenant could lock it',
    plant: ['grant delete on p_main.poll to p_main'],
    code: 'TABLE_GRANT',
    says: 'table p_main.poll: p_main has DELETE',
  },
  {
    hole: 'UPDATE on all of a shared table',
    plant: ['grant update on p_main.poll to p_main'],
    code: 'POOL_TABLE_OPEN',
    says: 'table poll of pool main: somebody has the right UPDATE on all of it and could lock it for all tenants',
  },
  {
    hole: 'the column tenant, which a group may change',
    plant: ['grant update (tenant) on p_main.poll to p_main'],
    code: 'COLUMN_GRANT',
    says: 'column p_main.poll.tenant: p_main has UPDATE',
  },
  {
    hole: 'a tenant that may delete in whole tables of its pool',
    plant: ['grant pd_main to {swimmer}'],
    code: 'MEMBERSHIP',
    says: 'role {swimmer}: it is a member of pd_main',
  },
  {
    hole: 'a pool all of whose tenants may',
    plant: ['grant pd_main to p_main'],
    code: 'MEMBERSHIP',
    says: 'role p_main: it is a member of pd_main',
  },
  {
    hole: "a pool's writers that can log in",
    plant: ['alter role pd_main login'],
    code: 'OWNER_LOGIN',
    says: 'role pd_main: it can log in',
  },
  {
    hole: "rights of a pool's writers on what is not theirs",
    plant: ['grant select on p_main.poll to pd_main', 'grant usage on schema p_main to pd_main'],
    code: 'TABLE_GRANT',
    says: 'table p_main.poll: pd_main has SELECT',
  },
  ...(
    [
      [
        'another text',
        "create or replace function %s() returns trigger language plpgsql as $$ begin raise 'no'; end $$",
      ],
      ['the rights of its owner', 'alter function %s() security definer'],
      [
        'another rule',
        'create or replace rule tenantry_delete as on insert to %s do instead delete from p_main.choice',
      ],
      [
        'a second rule',
        'create rule spy as on insert to %s do also delete from p_main.tenantry_members',
      ],
      ['nothing', 'drop function %s() cascade'],
      ['no trigger', 'alter table p_main.poll disable trigger tenantry_delete'],
      ['no mark', 'alter table p_main.poll drop column tenantry_deleted cascade'],
      [
        'a mark that is set from the start',
        'alter table p_main.poll alter tenantry_deleted set default true',
      ],
    ] as const
  ).map(([what, statement]) => ({
    hole: `rows of a shared table that are deleted by ${what}`,
    plant: [ofPoll(statement)],
    code: 'POOL_TABLE_OPEN' as const,
    says: 'table poll of pool main: what deletes its rows that are marked with tenantry_deleted is not as it must be',
  })),
  {
    hole: 'a connection limit that was lifted',
    plant: ['alter role {potter} connection limit -1'],
    code: 'CONNECTION_LIMIT',
    says: 'role {potter}: it has no connection limit',
  },
  {
    hole: 'a search path that a tenant tampered with',
    plant: [
      'set role {potter}',
      'alter role {potter} set search_path = public, shared',
      'reset role',
    ],
    code: 'ROLE_SETTING',
    says: 'role {potter}: its settings are idle_in_transaction_session_timeout=60s; search_path=public, shared; statement_timeout=30s',
  },
  {
    hole: 'a time limit that a tenant lifted in one database',
    plant: ["alter role {potter} in database tenantry set statement_timeout = '0'"],
    code: 'ROLE_SETTING',
    says: 'role {potter}: it has settings in database tenantry, statement_timeout=0',
  },
  {
    hole: 'a search path for the whole database',
    plant: ['alter database tenantry set search_path = public'],
    code: 'DATABASE_SETTING',
    says: 'database tenantry: it sets search_path=public',
  },
  {
    hole: 'a table that the tenant owns',
    plant: ['alter table {thor}.poll owner to {thor}'],
    code: 'TABLE_OWNER',
    says: 'table {thor}.poll: it belongs to {thor}, not to {thor_owner}',
  },
  {
    hole: 'a schema that the tenant owns',
    plant: ['alter schema {thor} owner to {thor}'],
    code: 'SCHEMA_OWNER',
    says: 'schema {thor}: it belongs to {thor}, not to {thor_owner}',
    heal: ['alter schema {thor} owner to {thor_owner}', 'grant usage on schema {thor} to {thor}'],
  },
  {
    hole: 'a right in a database that nobody looks into',
    plant: ['grant connect on database postgres to {potter}'],
    code: 'DATABASE_GRANT',
    says: 'database postgres: {potter} has CONNECT',
  },
  {
    hole: 'a table for a tenant in a database that nobody looks into',
    plant: ['create table reports (x int)', 'grant select on reports to {potter}'],
    at: 'elsewhere',
    code: 'FOREIGN_RIGHT',
    says: 'role {potter}: it has rights on 1 objects in database postgres',
    heal: ['drop table reports'],
  },
  {
    hole: 'a foreign data wrapper',
    plant: [
      'create foreign data wrapper tunnel',
      "create server elsewhere foreign data wrapper tunnel options (host 'db.example.com')",
    ],
    code: 'FOREIGN_SERVER',
    says: 'foreign data wrapper tunnel: it has the servers elsewhere',
  },
  {
    hole: 'an event trigger',
    plant: [
      'create function public.spy() returns event_trigger language plpgsql as $$ begin end $$',
      'create event trigger spy on ddl_command_end execute function public.spy()',
    ],
    code: 'EVENT_TRIGGER',
    says: 'event trigger spy: it runs public.spy() on ddl_command_end',
    heal: ['drop function public.spy()'],
  },
  {
    hole: 'no guard against commands of tenants',
    plant: ['drop event trigger tenantry_refuse_commands'],
    code: 'COMMAND_GUARD',
    says: 'event trigger tenantry_refuse_commands: it is missing or does not refuse all commands',
  },
  {
    hole: 'a guard that is switched off, in a database of its own',
    plant: ['alter event trigger tenantry_refuse_commands disable'],
    at: 'loner',
    code: 'COMMAND_GUARD',
    says: 'event trigger tenantry_refuse_commands: it is missing or does not refuse all commands',
  },
  {
    hole: 'a guard of some commands only',
    plant: [
      'drop event trigger tenantry_refuse_commands',
      "create event trigger tenantry_refuse_commands on ddl_command_start when tag in ('CREATE RULE') execute function tenantry.refuse_commands()",
    ],
    code: 'COMMAND_GUARD',
    says: 'event trigger tenantry_refuse_commands: it is missing or does not refuse all commands',
  },
  {
    hole: 'a publication of all tables',
    plant: ['create publication everything for all tables'],
    code: 'PUBLICATION',
    says: 'publication everything: it sends all tables',
  },
  {
    hole: 'large objects of a tenant',
    plant: ['set role {potter}', "select lo_from_bytea(0, 'x')", 'reset role'],
    code: 'LARGE_OBJECT',
    says: 'large objects of {potter}: there are 1',
  },
];

let audited: AuditedCluster;

beforeAll(async () => {
  audited = await openAuditedCluster();
});
afterAll(async () => {
  await audited.close();
});

test('a clean cluster with tenants of every isolation has no finding', async () => {
  expect(nameFindings(await audited.audit())).toEqual([]);
});

test('a database that RDS keeps for itself can be closed by nobody, and is no finding', async () => {
  const { rows } = await sql<{ owner: string }>`
    select cast(datdba as regrole)::text as owner from pg_database where datname = 'template1'`.execute(
    audited.superuser,
  );
  await run(['grant connect on database template1 to public']);
  expect(nameFindings(await audited.audit())).toEqual([
    'DATABASE_GRANT database template1: PUBLIC has CONNECT',
  ]);
  await run(['create role rdsadmin', 'alter database template1 owner to rdsadmin']);
  expect(nameFindings(await audited.audit())).toEqual([]);
  await run([
    `alter database template1 owner to ${rows[0]?.owner}`,
    'drop role rdsadmin',
    'revoke connect on database template1 from public',
  ]);
});

test.for(holes)('$hole is found, named and set right', async (hole, { skip }) => {
  if (audited.major < (hole.since ?? 0)) skip();
  await expectFoundAndHealed(hole, makeGround());
});

function makeGround(): HoleGround<Place> {
  const { thor, potter, loner, swimmers } = audited;
  const names = {
    thor: thor.role,
    thor_owner: thor.owner,
    potter: potter.role,
    potter_owner: potter.owner,
    loner: loner.role,
    swimmer: swimmers[0]?.role ?? '',
  };
  return { names, audit: async () => await audited.audit(), run, repair };
}

async function run(statements: readonly string[], place: Place = 'home'): Promise<void> {
  const { superuser: home, lonersDatabase: loner, elsewhere } = audited;
  const db = { home, loner, elsewhere }[place];
  for (const statement of statements) await sql.raw(statement).execute(db);
}

async function repair({ repair: how, database }: AuditFinding): Promise<void> {
  if (how === null || how.as === 'operator' || how.as === 'customer_login') return;
  const db = audited.openAs(how.as, database);
  for (const command of how.commands) await sql.raw(command).execute(db);
  await db.destroy();
}
