import { pgDialect } from '@tenantry/database';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAsTenant, readLogin, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const isolations = { 'own-one': 'database', 'own-two': 'database', shares: 'schema' } as const;
const slugs = Object.keys(isolations);

/** Slug of the tenant that cannot be verified. */
let breaking: string | undefined;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({
    assemblyDir,
    dataDir: project.dataDir,
    interceptInvocation: async (payload, next) => {
      const { step, state } = payload as { step?: string; state?: { request?: { slug: string } } };
      if (step !== 'verify' || state?.request?.slug !== breaking) return await next();
      const failure = { errorType: 'InjectedError', errorMessage: 'it broke', trace: [] };
      return { payload: failure, functionError: 'Unhandled' };
    },
  });
  await Promise.all(
    Object.entries(isolations).map(([slug, isolation]) =>
      system.createTenant(slug, { isolation, fields: { sample: true } }),
    ),
  );
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

async function idOf(slug: string): Promise<string> {
  const shown = await system.control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.result.tenant.id;
}

async function listDatabases(): Promise<string[]> {
  const found = await sql<{
    name: string;
  }>`select datname::text as name from pg_database where datname like 't\\_%'`.execute(
    system.admin,
  );
  return found.rows.map(({ name }) => name);
}

/** Runs a statement as the owner of a tenant's objects. */
async function runAsOwner(slug: string, statement: string): Promise<void> {
  const id = await idOf(slug);
  const { host, port } = system.runtime.postgres;
  const { username: user, password } = await readLogin(
    system.runtime,
    'platform/platform_migrator',
  );
  const db = new Kysely<unknown>({
    dialect: pgDialect({ host, port, user, password, database: `t_${id}` }),
  });
  try {
    await db.transaction().execute(async (trx) => {
      await sql`set local role ${sql.id(`o_${id}`)}`.execute(trx);
      await sql`set local search_path = ${sql.id(`t_${id}`)}`.execute(trx);
      await sql.raw(statement).execute(trx);
    });
  } finally {
    await db.destroy();
  }
}

async function readColumns(slug: string): Promise<string[]> {
  return await openAsTenant(system, slug, async (db) => {
    const { rows } = await sql<{ name: string }>`
      select attname::text as name from pg_attribute where attrelid = 'poll'::regclass and attnum > 0`.execute(
      db,
    );
    return rows.map(({ name }) => name);
  });
}

test('tenants of both kinds answer side by side with their own polls and the shared categories', async () => {
  for (const slug of slugs) {
    const host = `${slug}.localhost`;
    const polls = await system.request({ host, path: '/polls' });
    expect([slug, polls.status, polls.text]).toEqual([slug, 200, expect.stringContaining(slug)]);
    for (const other of slugs.filter((name) => name !== slug))
      expect(polls.text).not.toContain(other);
    const categories = await system.request({ host, path: '/categories' });
    expect(categories.json()).toMatchObject({ categories: [{ id: 'food' }, {}, {}, {}] });
    const poll = await system.request({ host, path: '/polls/1' });
    expect(poll.json()).toMatchObject({ category: { id: 'product' } });
  }
  const owners = await Promise.all(['own-one', 'own-two'].map(idOf));
  expect((await listDatabases()).toSorted()).toEqual(owners.map((id) => `t_${id}`).toSorted());
});

test("each tenant's tables are in a schema of its own, without a tenant's key, in the database that is meant for it", async () => {
  for (const slug of slugs) {
    const id = await idOf(slug);
    const found = await openAsTenant(system, slug, async (db) => {
      const { rows } = await sql<{ database: string; place: string }>`
        select distinct current_database()::text as database, schemaname::text as place from pg_tables
        where tablename in ('poll', 'choice', 'vote', 'account') and has_schema_privilege(schemaname, 'usage')`.execute(
        db,
      );
      return rows;
    });
    const database = slug === 'shares' ? system.runtime.postgres.admin.database : `t_${id}`;
    expect(found).toEqual([{ database, place: `t_${id}` }]);
    expect(await readColumns(slug)).not.toContain('tenant');
  }
});

test('a creation that fails leaves no database, and goes through when asked for again, whatever isolation', async () => {
  breaking = 'breaks';
  const request = { slug: 'breaks', isolation: 'database', actor: 'test' };
  expect((await system.execute('create-tenant', request)).status).toBe('FAILED');
  expect(await listDatabases()).not.toContain(`t_${await idOf('breaks')}`);
  breaking = undefined;
  const tenant = await system.createTenant('breaks', { isolation: 'schema' });
  expect(tenant).toMatchObject({ status: 'active', isolation: 'schema' });
  expect(await listDatabases()).not.toContain(`t_${tenant.id}`);
  expect((await system.request({ host: 'breaks.localhost', path: '/polls' })).status).toBe(200);
});

test("in a tenant's database nothing is of anybody else, and no other tenant may enter it", async () => {
  const id = await idOf('own-two');
  const schemas = await openAsTenant(system, 'own-one', async (db) => {
    const { rows } = await sql<{ name: string }>`
      select nspname::text as name from pg_namespace where nspname like 't\\_%'`.execute(db);
    return rows.map(({ name }) => name);
  });
  expect(schemas).toEqual([`t_${await idOf('own-one')}`]);
  const rights = await sql<{ count: bigint }>`
    select count(*) from pg_roles where rolname like 't\\_%' and rolname <> ${`t_${id}`}
      and has_database_privilege(oid, ${`t_${id}`}, 'CONNECT')`.execute(system.admin);
  expect(rights.rows).toEqual([{ count: 0n }]);
});

test('one run migrates shared and own databases, and one named database alone', async () => {
  await project.writeMigration(
    'polls/0003_first.sql',
    'alter table poll add column first text;\n-- down\nalter table poll drop column first;',
  );
  await project.writeMigration(
    'polls/0004_second.sql',
    'alter table poll add column second text;\n-- down\nalter table poll drop column second;',
  );
  await system.close();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  for (const slug of slugs)
    expect(await readColumns(slug)).toEqual(expect.arrayContaining(['first', 'second']));
  await system.createTenant('later', { isolation: 'database', migrate: false });
  await expect(readColumns('later')).rejects.toMatchObject({ code: '42P01' });
  const run = await system.migrate({ tenants: ['later'] });
  expect(run.status).toBe('SUCCEEDED');
  expect(await readColumns('later')).toContain('second');
  const status = await system.control('migrate-status', {});
  if (!status.ok) throw new Error(status.error.message);
  expect(status.result.tenants.every((tenant) => tenant.isCurrent)).toBe(true);
  await system.migrate({ tenants: ['own-one'] }, { change: { kind: 'down', steps: 1 } });
  expect(await readColumns('own-one')).not.toContain('second');
  for (const slug of ['own-two', 'shares', 'later'])
    expect(await readColumns(slug)).toContain('second');
  expect((await system.migrate({ tenants: ['own-one'] })).status).toBe('SUCCEEDED');
});

test('tenants of both kinds are created from one list', async () => {
  const rows = [
    { slug: 'listed-own', isolation: 'database', line: 1 },
    { slug: 'listed-shared', isolation: 'schema', line: 2 },
  ];
  const answer = await system.control('create-tenants', { tenants: rows, actor: 'test' });
  if (!answer.ok || answer.result.status === 'refused') throw new Error(JSON.stringify(answer));
  const { executionArn } = answer.result as { executionArn?: string };
  expect((await system.waitFor(executionArn ?? '')).status).toBe('SUCCEEDED');
  for (const { slug } of rows) {
    expect(await readColumns(slug)).toContain('second');
    expect((await system.request({ host: `${slug}.localhost`, path: '/polls' })).status).toBe(200);
  }
  expect(await listDatabases()).toContain(`t_${await idOf('listed-own')}`);
});

test('plans and checks look into the database that a tenant is in', async () => {
  const { stage } = system.runtime.description;
  const ask = async (action: string, input: object) =>
    (await system.runtime.invoke(`tenantry-${stage}-migrations`, { action, input })).payload;
  const clean = await ask('check-tenants', { selector: { all: true } });
  expect(clean).toMatchObject({ ok: true, result: { findings: [] } });
  await runAsOwner('own-one', 'create table stray ()');
  const dirty = await ask('check-tenants', { selector: { all: true } });
  expect(dirty).toMatchObject({ ok: true, result: { findings: [{ slug: 'own-one' }] } });
  await runAsOwner('own-one', 'drop table stray');
  const change = { kind: 'down', steps: 1 };
  expect(await ask('plan-tenant', { reference: 'own-one', change })).toMatchObject({
    ok: true,
    result: { plan: { slug: 'own-one' } },
  });
  const history = await ask('show-history', { reference: 'own-one' });
  expect(JSON.stringify(history)).toContain('polls/0004_second');
});

test('a database that was put back by itself is brought up by a run that asks the ledgers', async () => {
  await runAsOwner('own-two', 'alter table poll drop column second');
  await runAsOwner('own-two', `delete from tenantry_ledger where id = 'polls/0004_second'`);
  await system.migrate({ all: true });
  expect(await readColumns('own-two')).not.toContain('second');
  const run = await system.migrate({ all: true }, { verify: true });
  expect([run.status, JSON.parse(run.output ?? '{}')]).toMatchObject([
    'SUCCEEDED',
    { total: 1, migrated: 1 },
  ]);
  expect(await readColumns('own-two')).toContain('second');
});

test('at the database that others share, the login of a tenant with its own reads what is shared and nothing else', async () => {
  const stranger = await idOf('shares');
  await openAsTenant(
    system,
    'own-one',
    async (db) => {
      const { rows } = await sql`select count(*) from shared.category`.execute(db);
      expect(rows).toEqual([{ count: 4n }]);
      for (const text of [
        `select * from t_${stranger}.poll`,
        'select * from catalog.tenants',
        'select * from site.page',
        'create table x ()',
        'create temporary table x ()',
        'create schema x',
        `select tenantry.drop_schema('${stranger}')`,
      ])
        await expect(sql.raw(text).execute(db)).rejects.toMatchObject({
          code: expect.stringMatching(/42501|3F000/),
        });
    },
    'tenantry',
  );
});

test('a deleted tenant leaves no database, no role and no way in', async () => {
  const id = await idOf('own-two');
  expect((await system.request({ host: 'own-two.localhost', path: '/polls' })).status).toBe(200);
  const deleted = await system.execute('delete-tenant', { reference: 'own-two', actor: 'test' });
  expect(deleted.status).toBe('SUCCEEDED');
  expect(await listDatabases()).not.toContain(`t_${id}`);
  const roles = await sql<{ count: bigint }>`
    select count(*) from pg_roles where rolname like '__' || ${id}`.execute(system.admin);
  expect(roles.rows).toEqual([{ count: 0n }]);
  expect((await system.request({ host: 'own-two.localhost', path: '/polls' })).status).toBe(404);
  const again = await system.createTenant('own-two', { isolation: 'database' });
  const polls = await system.request({ host: 'own-two.localhost', path: '/polls' });
  expect([again.id === id, polls.json()]).toEqual([false, { polls: [], next: null }]);
});
