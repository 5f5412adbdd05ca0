import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyDb } from '../support/open-test-cluster.ts';
import { readSuperuser } from '../support/read-superuser.ts';
import { openArena, type Arena } from './arena.ts';
import type { Citizen } from './citizens.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});
afterAll(async () => {
  await arena.close();
});

function findAttacker(kind: Citizen['kind']): Citizen {
  const found = arena.attackers.find(({ tenant }) => tenant.kind === kind)?.tenant;
  if (found === undefined) throw new TypeError(`the arena has no ${kind}`);
  return found;
}

function openAs({ role, password, database }: Citizen): AnyDb {
  return arena.cluster.openAs(role, password, { database, maxSessions: 1 });
}

async function openSuperuser(database: string): Promise<AnyDb> {
  const { user, password } = await readSuperuser(arena.cluster.dataDir);
  return arena.cluster.openAs(user, password, { database, maxSessions: 1 });
}

/** Keeps `{table}` in use while the tenant tries the command, and answers with what it was refused; 55P03 is a wait. */
async function tryOnTableInUse(tenant: Citizen, table: string, command: string): Promise<unknown> {
  const db = openAs(tenant);
  await sql`set lock_timeout = '300ms'`.execute(db);
  const superuser = await openSuperuser(tenant.database);
  const user = await superuser.startTransaction().execute();
  await sql.raw(`lock table ${table} in access exclusive mode`).execute(user);
  try {
    await sql.raw(command.replaceAll('{table}', table)).execute(db);
    return 'ran';
  } catch (error) {
    return (error as { code?: unknown }).code;
  } finally {
    await user.rollback().execute();
    await Promise.all([db.destroy(), superuser.destroy()]);
  }
}

/** PostgreSQL asks whether these are allowed when it has the lock that they need. */
const commands = [
  'create rule mine as on insert to {table} do nothing',
  'create trigger mine after insert on {table} execute function suppress_redundant_updates_trigger()',
  'create constraint trigger mine after insert on {table} for each row execute function suppress_redundant_updates_trigger()',
  'create statistics mine on id, question from {table}',
  "comment on table {table} is 'mine'",
  "comment on column {table}.id is 'mine'",
  'create view mine as select * from {table}',
  'drop rule mine on {table}',
  'drop trigger mine on {table}',
  'drop policy mine on {table}',
];

test.each(commands)('a command on a table in use is refused before it waits: %s', async (text) => {
  const schema = findAttacker('schema');
  expect(await tryOnTableInUse(schema, 'shared.category', text)).toBe('42501');
  const table = findAttacker('table');
  expect(await tryOnTableInUse(table, `${table.schema}.poll`, text)).toBe('42501');
  const own = findAttacker('database');
  expect(await tryOnTableInUse(own, `${own.schema}.poll`, text)).toBe('42501');
  expect(
    await tryOnTableInUse({ ...own, database: schema.database }, 'shared.category', text),
  ).toBe('42501');
});

test.each(['schema', 'database', 'table'] as const)(
  'no tenant can make logins wait for a command on the list of all roles: %s',
  async (kind) => {
    const [reader, db] = [openAs(findAttacker(kind)), openAs(findAttacker(kind))];
    await sql`set lock_timeout = '300ms'`.execute(db);
    const held = await reader.startTransaction().execute();
    await sql`select from pg_roles`.execute(held);
    const code = await sql
      .raw('create rule mine as on insert to pg_authid do nothing')
      .execute(db)
      .catch((error: { code?: unknown }) => error.code);
    await held.rollback().execute();
    expect(code).toBe('42501');
  },
);

test('what the platform itself does with tables is refused to nobody else', async () => {
  const { schema } = findAttacker('schema');
  const owner = await openSuperuser('tenantry');
  await sql.raw(`create rule mine as on insert to ${schema}.poll do nothing`).execute(owner);
  await sql.raw(`drop rule mine on ${schema}.poll`).execute(owner);
  await expect(
    sql`comment on table ${sql.table(`${schema}.poll`)} is 'ours'`.execute(arena.cluster.admin),
  ).resolves.toBeDefined();
});
