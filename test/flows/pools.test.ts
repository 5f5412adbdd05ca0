import type { StartLocalOptions } from '@tenantry/local';
import { pgDialect } from '@tenantry/database';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAsTenant, readLogin, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const requests = {
  ada: { isolation: 'table' },
  bob: { isolation: 'table' },
  cid: { isolation: 'table', pool: 'free' },
  own: { isolation: 'schema' },
  hot: { isolation: 'cache' },
} as const;
const sharing = ['ada', 'bob', 'cid'];

/** Slug of the tenant that cannot be verified. */
let breaking: string | undefined;

const interceptInvocation: StartLocalOptions['interceptInvocation'] = async (payload, next) => {
  const { step, state } = payload as { step?: string; state?: { request?: { slug: string } } };
  if (step !== 'verify' || state?.request?.slug !== breaking) return await next();
  const failure = { errorType: 'InjectedError', errorMessage: 'it broke', trace: [] };
  return { payload: failure, functionError: 'Unhandled' };
};

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({
    assemblyDir,
    dataDir: project.dataDir,
    interceptInvocation,
  });
  await Promise.all(
    Object.entries(requests).map(([slug, request]) =>
      system.createTenant(slug, { ...request, fields: { sample: true } }),
    ),
  );
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

async function show(slug: string) {
  const shown = await system.control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.result.tenant;
}

const idOf = async (slug: string) => (await show(slug)).id;

async function ask(action: string, input: object): Promise<unknown> {
  const { stage } = system.runtime.description;
  return (await system.runtime.invoke(`tenantry-${stage}-migrations`, { action, input })).payload;
}

test('tenants that share tables answer side by side, each with its own polls and the shared categories', async () => {
  for (const slug of [...sharing, 'own']) {
    const host = `${slug}.localhost`;
    const polls = await system.request({ host, path: '/polls' });
    expect([slug, polls.status, polls.text]).toEqual([slug, 200, expect.stringContaining(slug)]);
    for (const other of [...sharing, 'own'].filter((name) => name !== slug))
      expect(polls.text).not.toContain(other);
    const categories = await system.request({ host, path: '/categories' });
    expect(categories.json()).toMatchObject({ categories: [{ id: 'food' }, {}, {}, {}] });
  }
});

test('a tenant of isolation cache has a cache and nothing else: no role, no secret, nothing to migrate', async () => {
  const { id, version } = await show('hot');
  expect(version).toBeNull();
  const host = 'hot.localhost';
  expect((await system.request({ host, path: '/visits', method: 'POST' })).status).toBe(200);
  const refused = await system.request({ host, path: '/polls' });
  expect([refused.status, refused.json()['code']]).toEqual([409, 'TENANT_HAS_NO_TABLES']);
  const route = await system.control('show-route', { reference: 'hot' });
  expect(route).toMatchObject({ ok: true, result: { route: { secretArn: null, pool: null } } });
  const made = await sql<{ count: bigint }>`
    select (select count(*) from pg_roles where rolname like '%' || ${id})
      + (select count(*) from pg_namespace where nspname like '%' || ${id}) as count`.execute(
    system.admin,
  );
  expect(made.rows).toEqual([{ count: 0n }]);
  const run = await system.migrate({ tenants: ['hot'] });
  expect([run.status, JSON.parse(run.output ?? '{}')]).toMatchObject([
    'SUCCEEDED',
    { decision: 'nothing' },
  ]);
  const runs = await system.control('list-runs', { limit: 1 });
  expect(runs).toMatchObject({
    result: {
      runs: [{ leftOut: [{ name: 'hot', reason: 'has isolation cache: nothing to migrate' }] }],
    },
  });
  const history = await ask('show-history', { reference: 'hot' });
  expect(history).toMatchObject({ ok: false, error: { code: 'TENANT_HAS_NO_TABLES' } });
});

/** Rows of a table as a tenant sees them, in the order of their ids. */
async function readAs(slug: string, statement: string): Promise<unknown[]> {
  return await openAsTenant(
    system,
    slug,
    async (db) => (await sql.raw(statement).execute(db)).rows,
  );
}

async function versionsOf(slugs: readonly string[]) {
  return await Promise.all(slugs.map(async (slug) => (await show(slug)).version));
}

test("a deploy migrates a pool once, changes each tenant's rows, and gives each the rows that migrations make", async () => {
  await project.writeMigration(
    'polls/0003_label.sql',
    "alter table poll add column label text;\nupdate poll set label = 'old';\n-- down\nalter table poll drop column label;",
  );
  await project.writeMigration(
    'polls/0004_tag.sql',
    "create table tag (id bigint generated always as identity primary key, name text not null unique);\ninsert into tag (name) values ('one'), ('two');\n-- down\ndrop table tag;",
  );
  await system.close();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir, interceptInvocation });
  expect(await versionsOf([...sharing, 'own'])).toEqual(Array(4).fill('polls/0004_tag'));
  for (const slug of sharing) {
    expect(await readAs(slug, 'select distinct label from poll')).toEqual([{ label: 'old' }]);
    expect(await readAs(slug, 'select name from tag order by name')).toEqual([
      { name: 'one' },
      { name: 'two' },
    ]);
  }
  const status = await system.control('migrate-status', {});
  expect(status).toMatchObject({ ok: true });
  if (status.ok) expect(status.result.tenants.every(({ isCurrent }) => isCurrent)).toBe(true);
});

test('plan, history, mark and check of a tenant that shares tables mean its pool and say who shares it', async () => {
  const pool = { name: 'main', tenants: 2 };
  const change = { kind: 'down', steps: 1 };
  expect(await ask('plan-tenant', { reference: 'ada', change })).toMatchObject({
    ok: true,
    result: { plan: { slug: 'ada', schema: 'p_main', pool } },
  });
  expect(await ask('plan-run', { selector: { all: true }, change, pace: {} })).toMatchObject({
    ok: true,
    result: {
      plan: {
        groups: expect.arrayContaining([expect.objectContaining({ pool: 'main', tenants: 2 })]),
      },
    },
  });
  expect(await ask('show-history', { reference: 'ada' })).toMatchObject({
    ok: true,
    result: { history: { pool } },
  });
  const mark = { reference: 'ada', migration: 'polls/0004_tag', reason: 'test', actor: 'test' };
  expect(await ask('mark-migration', { ...mark, as: 'pending', force: true })).toMatchObject({
    ok: true,
    result: { pool, version: 'polls/0003_label' },
  });
  expect(await versionsOf(['ada', 'bob', 'cid'])).toEqual([
    'polls/0003_label',
    'polls/0003_label',
    'polls/0004_tag',
  ]);
  const wrong = await ask('check-tenants', { selector: { all: true } });
  expect(wrong).toMatchObject({
    ok: true,
    result: { findings: expect.arrayContaining([expect.objectContaining({ slug: 'pool main' })]) },
  });
  expect(await ask('mark-migration', { ...mark, as: 'applied' })).toMatchObject({ ok: true });
  expect(await ask('check-tenants', { selector: { all: true } })).toMatchObject({
    ok: true,
    result: { findings: [] },
  });
});

test('what the catalog knows wrongly of a pool is one finding, and is set right for all who share it', async () => {
  const wrong = 'polls/0003_label';
  await sql`update catalog.tenants set version = ${wrong} where pool = 'main'`.execute(
    system.admin,
  );
  const selector = { all: true };
  expect(await ask('check-tenants', { selector })).toMatchObject({
    ok: true,
    result: {
      findings: [
        {
          slug: 'pool main',
          object: 'version in the catalog',
          expected: 'polls/0004_tag, 0 pending',
          actual: wrong,
        },
      ],
    },
  });
  const named = { selector: { tenants: ['ada'] }, actor: 'test' };
  expect(await ask('verify-versions', named)).toMatchObject({
    ok: true,
    result: { checked: 2, corrected: [{ slug: 'ada', pool: 'main' }, { slug: 'bob' }], unread: [] },
  });
  expect(await ask('check-tenants', { selector })).toMatchObject({ result: { findings: [] } });
  expect(await versionsOf(['ada', 'bob'])).toEqual(Array(2).fill('polls/0004_tag'));
});

test('taking one step back over all tenants takes each pool back by one, however many share it', async () => {
  const down = await system.migrate(
    { where: { isolation: 'table' } },
    { change: { kind: 'down', steps: 1 } },
  );
  expect(down.status).toBe('SUCCEEDED');
  expect(await versionsOf([...sharing, 'own'])).toEqual([
    ...Array<string>(3).fill('polls/0003_label'),
    'polls/0004_tag',
  ]);
});

test("a creation brings a tenant to where its pool is, and changes nobody else's tables", async () => {
  const { version } = await system.createTenant('dan', { isolation: 'table' });
  expect(version).toBe('polls/0003_label');
  expect(await versionsOf(sharing)).toEqual(Array(3).fill('polls/0003_label'));
  const up = await system.migrate({ tenants: ['dan'] });
  expect(up.status).toBe('SUCCEEDED');
  expect(await versionsOf(['ada', 'bob', 'dan', 'cid'])).toEqual([
    ...Array<string>(3).fill('polls/0004_tag'),
    'polls/0003_label',
  ]);
  expect(await readAs('dan', 'select name from tag order by name')).toEqual([
    { name: 'one' },
    { name: 'two' },
  ]);
  const undone = await system.migrate(
    { all: true },
    { change: { kind: 'undo', run: await newestRun() } },
  );
  expect(undone.status).toBe('SUCCEEDED');
  expect(await versionsOf(['ada', 'bob', 'dan'])).toEqual(Array(3).fill('polls/0003_label'));
  const all = await system.migrate({ all: true });
  expect(all.status).toBe('SUCCEEDED');
  expect(await versionsOf([...sharing, 'dan'])).toEqual(Array(4).fill('polls/0004_tag'));
});

async function newestRun(): Promise<string> {
  const runs = await system.control('list-runs', { limit: 1 });
  if (!runs.ok) throw new Error(runs.error.message);
  return runs.result.runs[0]?.id ?? '';
}

/** Rows in one table of pool `main` that a tenant of this id sees, or would see if its role were there again. */
async function countRows(id: string, table: string): Promise<number> {
  const { host, port, admin } = system.runtime.postgres;
  const { username: user, password } = await readLogin(
    system.runtime,
    'platform/platform_provisioner',
  );
  const { database } = admin;
  const db = new Kysely<unknown>({ dialect: pgDialect({ host, port, database, user, password }) });
  const role = sql.id(`t_${id}`);
  try {
    return await db.connection().execute(async (session) => {
      await sql`begin`.execute(session);
      const known = await sql`select from pg_roles where rolname = ${`t_${id}`}`.execute(session);
      if (known.rows.length === 0) {
        await sql`create role ${role}`.execute(session);
        await sql`grant p_main to ${role}`.execute(session);
      }
      await sql`grant ${role} to current_user with set true`.execute(session);
      await sql`set local role ${role}`.execute(session);
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.id('p_main', table)}`.execute(session);
      await sql`rollback`.execute(session);
      return rows[0]?.count ?? -1;
    });
  } finally {
    await db.destroy();
  }
}

test('a creation that fails leaves no row and no role in its pool, and goes through when asked for again, whatever isolation', async () => {
  breaking = 'breaks';
  const request = { slug: 'breaks', isolation: 'table', fields: { sample: true }, actor: 'test' };
  expect((await system.execute('create-tenant', request)).status).toBe('FAILED');
  const id = await idOf('breaks');
  expect(await countRows(id, 'poll')).toBe(0);
  const roles = await sql`select from pg_roles where rolname like '%' || ${id}`.execute(
    system.admin,
  );
  expect(roles.rows).toEqual([]);
  breaking = undefined;
  const tenant = await system.createTenant('breaks', { isolation: 'schema' });
  expect(tenant).toMatchObject({ id, status: 'active', isolation: 'schema', pool: null });
});

test("a deleted tenant's rows are gone from its pool, those of the others are as they were, and its name begins anew", async () => {
  const ada = await idOf('ada');
  const before = await readAs('bob', 'select * from poll order by id');
  expect(await countRows(ada, 'poll')).toBeGreaterThan(0);
  const deleted = await system.execute('delete-tenant', { reference: 'ada', actor: 'test' });
  expect(deleted.status).toBe('SUCCEEDED');
  for (const table of ['poll', 'choice', 'tag', 'vote', 'account'])
    expect([table, await countRows(ada, table)]).toEqual([table, 0]);
  const roles = await sql`select from pg_roles where rolname = ${`t_${ada}`}`.execute(system.admin);
  expect(roles.rows).toEqual([]);
  expect((await system.request({ host: 'ada.localhost', path: '/polls' })).status).toBe(404);
  expect(await readAs('bob', 'select * from poll order by id')).toEqual(before);
  const again = await system.createTenant('ada', { isolation: 'table' });
  const polls = await system.request({ host: 'ada.localhost', path: '/polls' });
  expect([again.id === ada, polls.json()]).toEqual([false, { polls: [], next: null }]);
  expect(await readAs('ada', 'select count(*)::int as count from tag')).toEqual([{ count: 2 }]);
});

test('fifty tenants of all kinds are created from one list at once', async () => {
  const kinds = ['schema', 'table', 'cache', 'table', 'database'] as const;
  const rows = Array.from({ length: 50 }, (_, index) => {
    const isolation = kinds[index % kinds.length] ?? 'schema';
    const pool = isolation === 'table' ? { pool: index % 2 === 0 ? 'bulk' : 'main' } : {};
    return { slug: `many-${index}`, isolation, ...pool, line: index + 1 };
  });
  const answer = await system.control('create-tenants', { tenants: rows, actor: 'test' });
  if (!answer.ok || answer.result.status === 'refused') throw new Error(JSON.stringify(answer));
  const { executionArn } = answer.result as { executionArn?: string };
  expect((await system.waitFor(executionArn ?? '')).status).toBe('SUCCEEDED');
  const listed = await system.control('list-tenants', {});
  if (!listed.ok) throw new Error(listed.error.message);
  const made = listed.result.tenants.filter(({ slug }) => slug.startsWith('many-'));
  expect(made.map(({ status }) => status)).toEqual(Array(50).fill('active'));
  expect(new Set(made.map(({ isolation }) => isolation))).toEqual(new Set(kinds));
  const answers = await Promise.all(
    rows
      .slice(0, 5)
      .map(({ slug }) => system.request({ host: `${slug}.localhost`, path: '/polls' })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 409, 200, 200]);
});
