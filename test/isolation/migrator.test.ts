import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqlStateOf } from '@tenantry/database';
import { applyMigrations, tenantTarget, type CompiledMigration } from '@tenantry/migrations';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
  type TestTenant,
} from '../support/open-test-cluster.ts';
import { readMajor } from '../support/read-major.ts';
import { traps } from './attacks/traps.ts';

let cluster: TestCluster;
let indexer: AnyDb;
let thor: TestTenant;
let potter: TestTenant;

beforeAll(async () => {
  cluster = await openTestCluster();
  indexer = cluster.openAs('platform_indexer', 'password-of-platform_indexer');
  thor = await createTestTenant(cluster);
  potter = await createTestTenant(cluster);
  await potter.db.insertInto('poll').values({ question: 'potter' }).execute();
});
afterAll(async () => {
  await cluster.close();
});

function fill(text: string): string {
  return text
    .replaceAll('{thor_owner}', thor.owner)
    .replaceAll('{potter_owner}', potter.owner)
    .replaceAll('{thor}', thor.schema)
    .replaceAll('{potter}', potter.schema)
    .replaceAll('{victim_owner}', thor.owner)
    .replaceAll(/\{self(_role)?\}/g, potter.schema);
}

async function attempt(text: string, db: AnyDb): Promise<string> {
  try {
    await sql.raw(fill(text)).execute(db);
    return 'succeeded';
  } catch (error) {
    return sqlStateOf(error) ?? String(error);
  }
}

function migration(id: string, ...statements: string[]): CompiledMigration {
  const up = statements.map((text, index) => ({ sql: fill(text), line: index + 1, effects: [] }));
  return {
    id,
    module: id.slice(0, id.indexOf('/')),
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: statements.join(),
    up,
    down: null,
  };
}

/** The memberships that a trap is after: any of a role that tenants log in with, but their common group. */
async function findGained(): Promise<unknown[]> {
  const gained = await sql`select m.member::regrole::text as member, m.roleid::regrole::text as role
    from pg_auth_members m where m.member in (${sql.join([thor, potter].map(({ schema }) => sql`cast(${schema} as regrole)`))})
      and m.roleid <> 'app_tenants'::regrole`.execute(cluster.admin);
  return gained.rows;
}

test.each(Object.keys(traps))(
  'a tenant that can run any SQL cannot lay a trap for the migrator: %s',
  async (kind) => {
    await potter.db.connection().execute(async (db) => {
      for (const statement of traps[kind] ?? []) {
        expect(await attempt(statement, db)).not.toBe('succeeded');
      }
    });
    const touching = migration(
      `traps/${kind.replaceAll(' ', '_')}`,
      "insert into poll (question) values ('migrated')",
      "update poll set question = lower(cast(question as varchar)) where question = 'MIGRATED'",
      'create index on poll (lower(question))',
      'select * from poll',
    );
    const { applied } = await applyMigrations(cluster.migrator, tenantTarget(potter.id), [
      touching,
    ]);
    expect(applied).toEqual([touching.id]);
    expect(await findGained()).toEqual([]);
  },
);

test.each([
  'set role {thor_owner}',
  'reset role',
  'set role platform_migrator',
  'set session authorization {thor}',
  'create table {thor}.mine ()',
  'grant {thor_owner} to {potter}',
])(
  'code that got into an index expression all the same runs as the owner of the table, and cannot: %s',
  async (statement) => {
    const name = `trap_${Buffer.from(statement).toString('hex').slice(0, 30)}`;
    const planting = migration(
      `planted/${name}`,
      `create function ${name}_inner() returns text language plpgsql as $$ begin
        execute '${statement}'; return current_user; end $$`,
      // PostgreSQL looks no further than at the outer function's word that it changes nothing.
      `create function ${name}(t text) returns text language plpgsql immutable as $$ begin
        return {potter}.${name}_inner(); end $$`,
    );
    const target = tenantTarget(potter.id);
    await applyMigrations(cluster.migrator, target, [planting]);
    const index = `on {potter}.poll ({potter}.${name}(question))`;
    const inTransaction = migration(`built/${name}`, `create index ${name}_a ${index}`);
    await expect(applyMigrations(cluster.migrator, target, [inTransaction])).rejects.toMatchObject({
      failure: { sqlstate: '42501' },
    });
    expect(await attempt(`create index concurrently ${name}_b ${index}`, indexer)).toBe('42501');
    expect(await findGained()).toEqual([]);
  },
);

test.each([
  'set role platform_provisioner',
  'set role tenantry_admin',
  'create role mine',
  'alter role {potter} createrole',
  'grant {thor_owner} to {potter}',
  'grant platform_migrator to {potter}',
  'grant app_tenants to {potter} with admin option',
  'select * from {thor}.poll',
])("a migration's own code never has more than its schema's owner: %s", async (statement) => {
  const trying = migration('trying/0001_x', statement);
  await expect(
    applyMigrations(cluster.migrator, tenantTarget(potter.id), [trying]),
  ).rejects.toMatchObject({ failure: { sqlstate: '42501' } });
  expect(await findGained()).toEqual([]);
});

test.each([
  'select * from {thor}.poll',
  'set role {thor_owner}',
  'set role platform_migrator',
  'grant {thor_owner} to platform_indexer with set true',
  'create schema mine',
  'create role mine',
  'select * from catalog.tenants',
  "select tenantry.apply('{thor}', '{thor_owner}', '{}', '{}')",
])(
  'the indexer inherits what owners may do to their tables, and becomes nobody: %s',
  async (statement) => {
    const isOwnersRight = statement.startsWith('select * from {thor}');
    const outcome = await attempt(statement, indexer);
    await attempt('reset role', indexer);
    // Before PostgreSQL 16 nobody can inherit from a role without being able to become it.
    if ((await readMajor(cluster.admin)) < 16 && /^set role \{thor|with set true/.test(statement))
      return;
    expect(outcome).toBe(isOwnersRight ? 'succeeded' : '42501');
  },
);

test('no tenant can become the indexer, or be it', async () => {
  for (const statement of ['set role platform_indexer', 'grant platform_indexer to {potter}']) {
    expect(await attempt(statement, potter.db)).toBe('42501');
  }
});

test('no search path that a tenant chose for itself reaches the migrator', async () => {
  expect(await attempt('alter role {potter} set search_path = {thor}, public', potter.db)).toBe(
    'succeeded',
  );
  const recording = migration(
    'path/0001_x',
    "create table path as select current_setting('search_path') as path, current_schemas(true) @> '{public}' as has_public",
  );
  const next = migration(
    'path/0002_y',
    "insert into path select current_setting('search_path'), false",
  );
  await applyMigrations(cluster.migrator, tenantTarget(potter.id), [recording, next]);
  expect(await potter.db.selectFrom(`${potter.schema}.path`).selectAll().execute()).toEqual([
    { path: `${potter.schema}, pg_temp`, has_public: false },
    { path: `${potter.schema}, pg_temp`, has_public: false },
  ]);
});
