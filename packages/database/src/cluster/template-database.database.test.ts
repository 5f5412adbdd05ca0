import { newTenantId, schemaNameOf } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { pgDialect } from '../pg/pg-dialect.ts';
import { platformRoles } from './platform-roles.ts';
import { prepareCluster } from './prepare-cluster.ts';
import { ensureCommandGuard } from './command-guard.ts';
import { ensureTemplateDatabase, isTemplateReady, templateDatabase } from './template-database.ts';
import { provisionTenantDatabase } from './tenant-database.ts';
import { verifyPrivileges } from './verify-privileges.ts';

type Db = Kysely<unknown>;

let server: TestPostgres;
let home: Db;
const opened: Db[] = [];

function openAs(user: string, password: string, database = 'tenantry'): Db {
  const { host, port } = server.postgres;
  const db: Db = new Kysely({
    dialect: pgDialect({ host, port, user, password, database, maxSessions: 2 }),
  });
  opened.push(db);
  return db;
}

const openDatabase = (database: string) => openAs('platform_provisioner', 'test', database);

function openAsAdmin(database: string) {
  const { user, password } = server.postgres.admin;
  return openAs(user, password, database);
}

beforeAll(async () => {
  server = await openTestPostgres();
  const { user, password } = server.postgres.admin;
  const passwords = Object.fromEntries(platformRoles.map((role) => [role, 'test']));
  await prepareCluster(openAs(user, password), {
    database: 'tenantry',
    passwords: passwords as never,
  });
  home = openDatabase('tenantry');
});

afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await server.close();
});

/** A tenant's own database, and everything in it that is not PostgreSQL's: objects with owners and rights. */
async function describeFresh(): Promise<unknown> {
  const id = newTenantId();
  const name = schemaNameOf(id);
  await provisionTenantDatabase({ home, openDatabase }, id, { password: 'test' });
  if (!(await isTemplateReady(home))) await ensureCommandGuard(openAsAdmin(name));
  const db = openDatabase(name);
  await verifyPrivileges(db, id);
  const { rows } = await sql<{ thing: string }>`
    select 'schema ' || nspname || ' of ' || nspowner::regrole::text || ' ' || coalesce(nspacl::text, '') as thing
      from pg_namespace where nspname !~ '^pg_|^information_schema$'
    union all select 'function ' || oid::regprocedure::text || ' of ' || proowner::regrole::text || ' ' || md5(prosrc) || ' '
      || coalesce(proacl::text, '') from pg_proc where pronamespace = 'tenantry'::regnamespace
    union all select 'defaults ' || defaclrole::regrole::text || ' ' || defaclobjtype::text || ' ' || defaclacl::text from pg_default_acl
    union all select 'database ' || datdba::regrole::text || ' ' || datacl::text || ' ' || datallowconn::text from pg_database
      where datname = current_database()
    union all select 'event trigger ' || evtname || ' runs ' || evtfoid::regprocedure::text || ' on ' || evtevent from pg_event_trigger
    union all select 'comment ' || obj_description('tenantry'::regnamespace, 'pg_namespace')`.execute(
    db,
  );
  return rows.map(({ thing }) => thing.replaceAll(id, 'ID')).toSorted();
}

test('a database that was copied is as one that was filled', async () => {
  expect(await isTemplateReady(home)).toBe(false);
  const filled = await describeFresh();
  await ensureTemplateDatabase({ home, openDatabase, openAsAdmin });
  expect(await isTemplateReady(home)).toBe(true);
  expect(await describeFresh()).toEqual(filled);
});

test('nobody can enter the template, and it has no session', async () => {
  await expect(sql`select 1`.execute(openDatabase(templateDatabase))).rejects.toMatchObject({
    code: '55000',
  });
  const { rows } =
    await sql`select from pg_stat_activity where datname = ${templateDatabase}`.execute(home);
  expect(rows).toEqual([]);
});

test('a template that was left half made is completed, and one of an earlier installation is dropped', async () => {
  await sql.raw('create database template_tenantry_0000000000000000').execute(home);
  await sql`drop database ${sql.id(templateDatabase)}`.execute(home);
  await sql`create database ${sql.id(templateDatabase)} template template0`.execute(home);
  expect(await isTemplateReady(home)).toBe(false);
  await describeFresh();
  await ensureTemplateDatabase({ home, openDatabase, openAsAdmin });
  await ensureTemplateDatabase({ home, openDatabase, openAsAdmin });
  const { rows } = await sql<{ name: string }>`
    select datname::text as name from pg_database where datname like 'template\\_tenantry%'`.execute(
    home,
  );
  expect(rows).toEqual([{ name: templateDatabase }]);
});

test('who makes it while another one completes it finds it made', async () => {
  for (let round = 0; round < 5; round += 1) {
    await sql`alter database ${sql.id(templateDatabase)} with allow_connections true`.execute(home);
    await sql`drop database ${sql.id(templateDatabase)} with (force)`.execute(home);
    await Promise.all(
      Array.from({ length: 4 }, () => ensureTemplateDatabase({ home, openDatabase, openAsAdmin })),
    );
    expect(await isTemplateReady(home)).toBe(true);
  }
});

test('ten databases are copied from it at once', async () => {
  const ids = Array.from({ length: 10 }, () => newTenantId());
  await Promise.all(
    ids.map((id) => provisionTenantDatabase({ home, openDatabase }, id, { password: 'test' })),
  );
  for (const id of ids) await verifyPrivileges(openDatabase(schemaNameOf(id)), id);
});
