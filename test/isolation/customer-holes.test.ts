import type { AuditFinding } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openAuditedCustomer,
  type AuditedCustomerServer,
} from '../support/open-audited-customer.ts';
import {
  expectFoundAndHealed,
  nameFindings,
  type HoleGround,
  type SeededHole,
} from '../support/seeded-hole.ts';

/**
 * `{tenant}`, `{owner}` and `{migrator}` stand for the roles of the tenant whose database the platform made, `{neighbour}` and
 * `{neighbour_owner}` for those of the server's other tenant.
 */
const holes: readonly SeededHole[] = [
  {
    hole: 'CONNECT for everybody',
    plant: ['grant connect, temporary on database made to public'],
    code: 'DATABASE_GRANT',
    says: 'database made: PUBLIC has CONNECT, TEMPORARY',
  },
  {
    hole: 'a neighbour that may enter',
    plant: ['grant connect on database made to {neighbour}'],
    code: 'DATABASE_GRANT',
    says: 'database made: {neighbour} has CONNECT',
  },
  {
    hole: 'a tenant that may create schemas',
    plant: ['grant create on database made to {tenant}'],
    code: 'DATABASE_GRANT',
    says: 'database made: {tenant} has CREATE',
  },
  {
    hole: "a right in the neighbour's database",
    plant: ['grant connect on database kept to {tenant}'],
    code: 'DATABASE_GRANT',
    says: 'database kept: {tenant} has CONNECT',
    heal: ['revoke connect on database kept from {tenant}'],
  },
  {
    hole: 'schema public opened again',
    plant: ['grant usage, create on schema public to public'],
    code: 'SCHEMA_GRANT',
    says: 'schema public: PUBLIC has CREATE, USAGE',
  },
  {
    hole: "the tenant's schema opened to everybody",
    plant: ['grant usage on schema {tenant} to public'],
    code: 'SCHEMA_GRANT',
    says: 'schema {tenant}: PUBLIC has USAGE',
  },
  {
    hole: "another login of the customer that may use the tenant's schema",
    plant: ['create role clerk', 'grant usage on schema {tenant} to clerk'],
    code: 'SCHEMA_GRANT',
    says: 'schema {tenant}: clerk has USAGE',
    heal: ['drop role clerk'],
  },
  {
    hole: "CREATE on the tenant's own schema",
    plant: ['grant create on schema {tenant} to {tenant}'],
    code: 'SCHEMA_GRANT',
    says: 'schema {tenant}: {tenant} has CREATE',
  },
  {
    hole: 'a table that a neighbour may read',
    plant: ['grant select on {tenant}.poll to {neighbour}'],
    code: 'TABLE_GRANT',
    says: 'table {tenant}.poll: {neighbour} has SELECT',
  },
  {
    hole: 'a column that everybody may read',
    plant: ['grant select (question) on {tenant}.poll to public'],
    code: 'COLUMN_GRANT',
    says: 'column {tenant}.poll.question: PUBLIC has SELECT',
  },
  {
    hole: 'a ledger that the tenant may write',
    plant: ['grant insert on {tenant}.tenantry_ledger to {tenant}'],
    code: 'TABLE_GRANT',
    says: 'table {tenant}.tenantry_ledger: {tenant} has INSERT',
  },
  {
    hole: 'a table that the tenant owns',
    plant: ['alter table {tenant}.poll owner to {tenant}'],
    code: 'TABLE_OWNER',
    says: 'table {tenant}.poll: it belongs to {tenant}, not to {owner}',
  },
  {
    hole: "the platform's functions in other hands",
    plant: ['alter schema tenantry owner to chief'],
    code: 'SCHEMA_OWNER',
    says: 'schema tenantry: it belongs to chief, not to {migrator}',
  },
  {
    hole: 'a function of the platform that everybody may run',
    plant: ['grant execute on function tenantry.read_ledger(text, text) to public'],
    code: 'FUNCTION_GRANT',
    says: 'function tenantry.read_ledger(text,text): PUBLIC may run it',
  },
  {
    hole: "a SECURITY DEFINER function in the tenant's schema",
    plant: [
      'set role {owner}',
      'create function {tenant}.peek() returns int language sql security definer as $$ select 1 $$',
      'reset role',
    ],
    code: 'SECURITY_DEFINER',
    says: 'function {tenant}.peek(): it runs with the rights of {owner}',
    heal: ['drop function {tenant}.peek()'],
  },
  {
    hole: 'default privileges for a neighbour',
    plant: [
      'alter default privileges for role {owner} in schema {tenant} grant select on tables to {neighbour}',
    ],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of {owner} in schema {tenant}: {neighbour} gets SELECT on tables',
  },
  {
    hole: 'default privileges for everybody in whatever schema',
    plant: ['alter default privileges for role {owner} grant select on tables to public'],
    code: 'DEFAULT_PRIVILEGE',
    says: 'default privileges of {owner}: PUBLIC gets SELECT on tables',
  },
  {
    hole: 'a database that the tenant owns',
    plant: ['create database spare owner {tenant}'],
    code: 'OWNERSHIP',
    says: 'role {tenant}: it owns 1 pg_database',
    heal: ['drop database spare'],
  },
  {
    hole: 'an owner that can log in',
    plant: ['alter role {owner} login'],
    code: 'OWNER_LOGIN',
    says: 'role {owner}: it can log in',
  },
  {
    hole: 'a tenant with the power to make databases',
    plant: ['alter role {tenant} createdb'],
    code: 'ROLE_POWER',
    says: 'role {tenant}: it has CREATEDB',
  },
  {
    hole: 'a migrator with the power of a superuser',
    plant: ['alter role {migrator} superuser'],
    code: 'ROLE_POWER',
    says: 'role {migrator}: it has SUPERUSER',
  },
  {
    hole: 'a connection limit that was lifted',
    plant: ['alter role {tenant} connection limit -1'],
    code: 'CONNECTION_LIMIT',
    says: 'role {tenant}: it has no connection limit',
  },
  {
    hole: "a tenant that is a member of its neighbour's owner",
    plant: ['grant {neighbour_owner} to {tenant}'],
    code: 'MEMBERSHIP',
    says: 'role {tenant}: it is a member of {neighbour_owner}',
  },
  {
    hole: "a neighbour that is a member of the tenant's owner",
    plant: ['grant {owner} to {neighbour}'],
    code: 'MEMBERSHIP',
    says: 'role {neighbour}: it is a member of {owner}',
  },
  {
    hole: 'a migrator that reads all data of the server',
    plant: ['grant pg_read_all_data to {migrator}'],
    code: 'MEMBERSHIP',
    says: 'role {migrator}: it is a member of pg_read_all_data',
  },
  {
    hole: 'a search path that the tenant tampered with',
    plant: ['alter role {tenant} set search_path = public'],
    code: 'ROLE_SETTING',
    says: 'role {tenant}: its settings are idle_in_transaction_session_timeout=60s; search_path=public; statement_timeout=30s',
  },
  {
    hole: 'a migrator whose names lead elsewhere',
    plant: ['alter role {migrator} set search_path = public'],
    code: 'ROLE_SETTING',
    says: 'role {migrator}: its settings are statement_timeout=14min; search_path=public',
    heal: [
      'alter role {migrator} reset search_path',
      "alter role {migrator} set statement_timeout = '14min'",
    ],
  },
  {
    hole: 'a table for the tenant in a database that nobody looks into',
    plant: ['create table reports (x int)', 'grant select on reports to {tenant}'],
    at: 'postgres',
    code: 'FOREIGN_RIGHT',
    says: 'role {tenant}: it has rights on 1 objects in database postgres',
    heal: ['drop table reports'],
  },
  {
    hole: 'an event trigger, which the migrator would run',
    plant: [
      'create function public.spy() returns event_trigger language plpgsql as $$ begin end $$',
      'create event trigger spy on ddl_command_end execute function public.spy()',
    ],
    code: 'EVENT_TRIGGER',
    says: 'event trigger spy: it runs public.spy() on ddl_command_end',
    heal: ['drop function public.spy()'],
  },
  {
    hole: 'a foreign data wrapper in a database that was made for the tenant',
    plant: ['create foreign data wrapper tunnel'],
    code: 'FOREIGN_SERVER',
    says: 'foreign data wrapper tunnel: it exists',
  },
];

let server: AuditedCustomerServer;

beforeAll(async () => {
  server = await openAuditedCustomer();
});
afterAll(async () => {
  await server?.close();
});

test('a clean server of a customer has no finding, neither in a database of ours nor in one that was there', async () => {
  expect(nameFindings(await server.audit(server.made))).toEqual([]);
  expect(nameFindings(await server.audit(server.kept))).toEqual([]);
});

test.for(holes)(
  "on a customer's server $hole is found, named and set right",
  async (hole, { skip }) => {
    if (server.major < (hole.since ?? 0)) skip();
    await expectFoundAndHealed(hole, makeGround());
  },
);

test("what the customer has in its own database is the customer's affair", async () => {
  await run(
    [
      'create role reporter',
      'create schema reports',
      'create table reports.total (x int)',
      'grant usage on schema reports to public',
      'grant select on reports.total to reporter',
      'grant connect on database kept to reporter',
      'alter default privileges for role chief in schema reports grant select on tables to reporter',
      'alter database kept set search_path = reports',
      'create function reports.peek() returns int language sql security definer as $$ select 1 $$',
      'create foreign data wrapper tunnel',
      'create publication everything for all tables',
      'grant reporter to chief',
    ],
    'kept',
  );
  expect(nameFindings(await server.audit(server.kept))).toEqual([]);
  expect(nameFindings(await server.audit(server.made))).toEqual([]);
});

test('a repair at a customer is run by the login that the customer gave, and by nobody of the platform', async () => {
  await run([`grant usage on schema ${server.made.role} to public`]);
  const [finding] = await server.audit(server.made);
  expect(finding).toMatchObject({
    cluster: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    database: 'made',
    tenantId: server.made.id,
    repair: { as: 'customer_login', isAutomatic: true },
  });
  if (finding !== undefined) await repair(finding);
});

function makeGround(): HoleGround {
  const { made, kept } = server;
  const names = {
    tenant: made.role,
    owner: made.owner,
    migrator: made.migrator,
    neighbour: kept.role,
    neighbour_owner: kept.owner,
  };
  return { names, audit: async () => await server.audit(made), run, repair };
}

async function run(statements: readonly string[], database = 'made'): Promise<void> {
  await server.withLogin('superuser', database, async (db) => {
    await db.connection().execute(async (session) => {
      for (const statement of statements) await sql.raw(statement).execute(session);
    });
  });
}

async function repair({ repair: how }: AuditFinding): Promise<void> {
  if (how === null || how.as === 'operator' || how.as === 'platform_provisioner') return;
  const user = how.as === 'administrator' ? 'superuser' : how.as;
  await server.withLogin(user, 'made', async (db) => {
    for (const command of how.commands) await sql.raw(command).execute(db);
  });
}
