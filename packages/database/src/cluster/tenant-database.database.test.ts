import { newTenantId, ownerNameOf, schemaNameOf } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { pgDialect } from '../pg/pg-dialect.ts';
import { platformRoles } from './platform-roles.ts';
import { prepareCluster } from './prepare-cluster.ts';
import {
  dropTenantDatabase,
  prepareTenantDatabase,
  provisionTenantDatabase,
} from './tenant-database.ts';
import { dropRightsElsewhere } from './drop-rights-elsewhere.ts';
import { dropTenantSchema, provisionTenantSchema, suspendTenantSchema } from './tenant-schema.ts';
import { verifyPrivileges } from './verify-privileges.ts';

type Db = Kysely<unknown>;

let server: TestPostgres;
let admin: Db;
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
const password = 'tenant';

beforeAll(async () => {
  server = await openTestPostgres();
  const { user, password: adminPassword } = server.postgres.admin;
  admin = openAs(user, adminPassword);
  const passwords = Object.fromEntries(platformRoles.map((role) => [role, 'test']));
  await prepareCluster(admin, { database: 'tenantry', passwords: passwords as never });
  home = openAs('platform_provisioner', 'test');
});

afterAll(async () => {
  await Promise.all(opened.map((db) => db.destroy()));
  await server.close();
});

async function provision(id = newTenantId()) {
  await provisionTenantDatabase({ home, openDatabase }, id, { password });
  return { id, name: schemaNameOf(id) };
}

const refused = (db: Db, text: string) =>
  expect(sql.raw(text).execute(db)).rejects.toMatchObject({ code: expect.any(String) });

test('a tenant has a database that only it and the platform may enter', async () => {
  const [own, other] = [await provision(), await provision()];
  const db = openAs(own.name, password, own.name);
  const { rows } = await sql`select current_user as who, current_database() as place`.execute(db);
  expect(rows).toEqual([{ who: own.name, place: own.name }]);
  await verifyPrivileges(openDatabase(own.name), own.id);
  await refused(openAs(own.name, password, other.name), 'select 1');
  await refused(openAs('catalog_reader', 'test', own.name), 'select 1');
  await refused(openAs('site', 'test', own.name), 'select 1');
  for (const text of [
    'create table public.x ()',
    'create schema x',
    'create temporary table x ()',
    `create table ${own.name}.x ()`,
    'select tenantry.drop_schema(current_user)',
    `drop database ${own.name}`,
  ])
    await refused(db, text);
});

test('made again it is repaired, and the password is the new one', async () => {
  const { id, name } = await provision();
  await sql`revoke connect on database ${sql.id(name)} from ${sql.id(name)}`.execute(
    openDatabase(name),
  );
  await provisionTenantDatabase({ home, openDatabase }, id, { password: 'second' });
  await verifyPrivileges(openDatabase(name), id);
  await sql`select 1`.execute(openAs(name, 'second', name));
});

test('one that PUBLIC may enter is found', async () => {
  const { id, name } = await provision();
  const db = openDatabase(name);
  await sql`grant connect on database ${sql.id(name)} to public`.execute(db);
  await expect(verifyPrivileges(db, id)).rejects.toMatchObject({
    violations: expect.arrayContaining(['PUBLIC has a right on the database']),
  });
});

test('functions that are not as they should be are made anew, and only then', async () => {
  const { id, name } = await provision();
  const db = openDatabase(name);
  const readVersion = async () => {
    const result = await sql<{ xmin: string }>`
      select xmin::text from pg_proc where proname = 'apply' and pronamespace = 'tenantry'::regnamespace`.execute(
      db,
    );
    return result.rows[0]?.xmin;
  };
  const before = await readVersion();
  await prepareTenantDatabase(db, id);
  expect(await readVersion()).toBe(before);
  await sql`comment on schema tenantry is 'an earlier version'`.execute(db);
  await prepareTenantDatabase(db, id);
  expect(await readVersion()).not.toBe(before);
});

test('dropped with sessions in it, of the tenant and of the migrator, nothing is left', async () => {
  const { id, name } = await provision();
  const db = openAs(name, password, name);
  await sql`select 1`.execute(db);
  await sql`select 1`.execute(openAs('platform_migrator', 'test', name));
  await suspendTenantSchema(home, id);
  await refused(db, 'select 1');
  for (let time = 1; time <= 2; time += 1) {
    await dropTenantDatabase(home, id);
    await dropTenantSchema(home, id);
  }
  const left = await sql<{ count: bigint }>`
    select (select count(*) from pg_database where datname = ${name})
      + (select count(*) from pg_roles where rolname like '_\_' || ${id}) as count`.execute(admin);
  expect(left.rows).toEqual([{ count: 0n }]);
});

test('what a tenant grants in its own database keeps no other role from being dropped', async () => {
  const [own, victim] = [await provision(), newTenantId()];
  await provisionTenantSchema(home, victim, { password });
  const role = schemaNameOf(victim);
  const db = openAs(own.name, password, own.name);
  await sql`select lo_create(4711)`.execute(db);
  await sql`grant select on large object 4711 to ${sql.id(role)}, ${sql.id(ownerNameOf(victim))}`.execute(
    db,
  );
  await expect(dropTenantSchema(home, victim)).rejects.toMatchObject({ code: '2BP01' });
  await dropRightsElsewhere({ home, openDatabase }, victim);
  await dropTenantSchema(home, victim);
  const { rows } = await sql`select from pg_roles where rolname like '__' || ${victim}`.execute(
    admin,
  );
  expect(rows).toEqual([]);
});

test('ten made at once are all there', async () => {
  const made = await Promise.all(Array.from({ length: 10 }, () => provision()));
  await Promise.all(made.map(async ({ id, name }) => verifyPrivileges(openDatabase(name), id)));
});
