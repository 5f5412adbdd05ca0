import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlActions, RunView } from '@tenantry/tenancy';
import { pgDialect } from '@tenantry/database';
import { Kysely } from 'kysely';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

beforeAll(async () => {
  project = await openDeployedProject();
  await project.writeMigration(
    'shop/0001_initial.sql',
    'create table item (n int);\n-- down\ndrop table item;',
  );
  await project.writeMigration(
    'shop/0002_counter.sql',
    'create table counter (n int);\ninsert into counter values (1);\n-- down\ndrop table counter;',
  );
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

/** Tenants without any migration; a table of their own makes the named ones fail at the second statement of theirs. */
async function addTenants(slugs: readonly string[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const slug of slugs) ids.set(slug, (await system.createTenant(slug, { migrate: false })).id);
  return ids;
}

async function control<Action extends keyof ControlActions>(
  action: Action,
  input: ControlActions[Action]['input'],
): Promise<ControlActions[Action]['result']> {
  const answer = await system.control(action, input);
  if (!answer.ok) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer.result;
}

async function showRun(run: string): Promise<RunView> {
  const { run: view } = await control('show-run', { run });
  if (view === null) throw new Error(`no run ${run}`);
  return view;
}

async function start(input: Partial<ControlActions['start-run']['input']>) {
  const { execution, executionArn } = await control('start-run', {
    selector: { all: true },
    change: { kind: 'up' },
    pace: {},
    actor: 'test',
    ...input,
  });
  const runOf = async () => (await control('show-run', { execution })).run;
  await expect.poll(runOf, { timeout: 60_000 }).not.toBeNull();
  return { executionArn, run: (await runOf())?.id ?? '' };
}

async function countersOf(slug: string): Promise<number> {
  return await openAsTenant(
    system,
    slug,
    async (db) => (await db.selectFrom('counter').select('n').execute()).length,
  );
}

test('a failed tenant is named with all that PostgreSQL said; after the repair a retry touches only it, and undo takes back what a run changed', async () => {
  const ids = await addTenants(['fail-1', 'fail-2', 'fail-3']);
  const item = sql.table(`t_${ids.get('fail-2')}.counter`);
  await sql`create table ${item} ()`.execute(system.admin);
  const tenants = [...ids.keys()];
  const first = await start({ selector: { tenants }, pace: { canary: 0, waves: [100] } });
  expect((await system.waitFor(first.executionArn)).status).toBe('FAILED');
  const view = await showRun(first.run);
  expect(view).toMatchObject({ status: 'failed', total: 3, migrated: 2, failed: 1 });
  expect(view.failures).toEqual([
    expect.objectContaining({
      slug: 'fail-2',
      migration: 'shop/0002_counter',
      statement: 1,
      line: 1,
      sqlstate: '42P07',
      sql: 'create table counter (n int)',
    }),
  ]);
  await sql`drop table ${item}`.execute(system.admin);
  const retry = await start({ selector: { failedIn: first.run }, retryOf: first.run });
  expect((await system.waitFor(retry.executionArn)).status).toBe('SUCCEEDED');
  const { items } = await control('list-run-items', { run: retry.run });
  expect(items.map(({ slug, status }) => [slug, status])).toEqual([['fail-2', 'migrated']]);
  const undo = await start({ change: { kind: 'undo', run: first.run } });
  expect((await system.waitFor(undo.executionArn)).status).toBe('SUCCEEDED');
  const undone = await control('list-run-items', { run: undo.run });
  expect(undone.items.map(({ slug }) => slug).toSorted()).toEqual(['fail-1', 'fail-3']);
  const { tenants: versions } = await control('migrate-status', { references: tenants });
  expect(versions.map(({ version }) => version === null)).toEqual([true, false, true]);
});

test('a run is paused between two tenants, goes on where it was, and is cancelled for good', async () => {
  const ids = await addTenants(['slow-1', 'slow-2', 'slow-3', 'slow-4']);
  await system.createTenant('serving');
  const pace = { canary: 0, waves: [100], pauseBetweenTenantsSeconds: 4 };
  const { executionArn, run } = await start({ selector: { tenants: [...ids.keys()] }, pace });
  await expect.poll(async () => (await showRun(run)).migrated, { timeout: 60_000 }).toBe(1);
  const served = await system.request({ host: 'serving.localhost', path: '/polls' });
  expect([served.status, (await showRun(run)).status]).toEqual([200, 'running']);
  await control('control-run', { run, command: 'pause', actor: 'pat' });
  expect((await system.waitFor(executionArn)).status).toBe('SUCCEEDED');
  const paused = await showRun(run);
  expect(paused).toMatchObject({ status: 'paused', working: 0 });
  expect(paused.migrated).toBeLessThan(4);
  const resumed = await control('control-run', { run, command: 'resume', actor: 'pat' });
  await expect
    .poll(async () => (await showRun(run)).migrated, { timeout: 60_000 })
    .toBeGreaterThan(paused.migrated);
  const { run: cancelled } = await control('control-run', { run, command: 'cancel', actor: 'pat' });
  expect(cancelled.status).toBe('cancelled');
  expect((await system.waitFor(resumed.executionArn ?? '')).status).toBe('SUCCEEDED');
  const end = await showRun(run);
  expect(end.skipped).toBe(4 - end.migrated);
  expect(end.skipped).toBeGreaterThan(0);
  const refused = await system.control('control-run', { run, command: 'resume', actor: 'pat' });
  expect(refused).toMatchObject({ ok: false, error: { code: 'RUN_CLOSED' } });
});

test('when a worker is killed its tenants are taken by another one, and each is migrated once', async () => {
  const slugs = ['kill-1', 'kill-2', 'kill-3', 'kill-4', 'kill-5'];
  const ids = await addTenants(slugs);
  const held = `t_${ids.get('kill-3')}`;
  const { host, port, admin } = system.runtime.postgres;
  const holder = new Kysely({ dialect: pgDialect({ host, port, ...admin }) });
  const blocker = await holder.startTransaction().execute();
  await sql`create table ${sql.table(`${held}.item`)} ()`.execute(blocker);
  const pace = { canary: 0, waves: [100], leaseSeconds: 2 };
  const { executionArn, run } = await start({ selector: { tenants: slugs }, pace });
  await expect
    .poll(
      async () => {
        const { migrated, working } = await showRun(run);
        return { migrated, working };
      },
      { timeout: 60_000 },
    )
    .toEqual({ migrated: 4, working: 1 });
  killFunction('tenantry-local-fleet-migrator');
  await blocker.rollback().execute();
  await holder.destroy();
  expect((await system.waitFor(executionArn)).status).toBe('SUCCEEDED');
  expect(await showRun(run)).toMatchObject({ status: 'succeeded', migrated: 5, failed: 0 });
  expect(await Promise.all(slugs.map(countersOf))).toEqual([1, 1, 1, 1, 1]);
  const { items } = await control('list-run-items', { run });
  expect(items.find(({ slug }) => slug === 'kill-3')?.attempt).toBeGreaterThan(1);
});

/** Ends the processes of a function of this system, as Lambda does when a machine fails. */
function killFunction(name: string): void {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const own = pids.filter((pid) => isChildRunning(pid, name));
  expect(own.length).toBeGreaterThan(0);
  for (const pid of own) process.kill(Number(pid), 'SIGKILL');
}

function isChildRunning(pid: string, name: string): boolean {
  try {
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return (
      parent === String(process.pid) && environment.includes(`AWS_LAMBDA_FUNCTION_NAME=${name}`)
    );
  } catch {
    return false;
  }
}

test('what a workflow carries and remembers does not grow with the number of tenants', async () => {
  const ids = await addTenants(['real-1', 'real-2']);
  const small = await measureRun('real-1', ids.get('real-1') ?? '', 100);
  const large = await measureRun('real-2', ids.get('real-2') ?? '', 100_000);
  expect(large.events).toBe(small.events);
  // The totals have three digits more.
  expect(large.longest - small.longest).toBeLessThanOrEqual(3 * 3);
  expect(large.longest).toBeLessThan(2000);
});

/** Runs over a real tenant as canary and so many that only the catalog knows; those are counted as migrated while the canary is held up. */
async function measureRun(canary: string, id: string, tenants: number) {
  await sql`insert into catalog.tenants (id, slug, name, isolation, status, cluster_id, created_by, fields)
    select 'sim' || lpad(cast(n as text), 20, '0'), 'simulated-' || n, 'Simulated', 'schema', 'active', 'main', 'test',
      jsonb_build_object('canary', cast(${canary} as text))
    from generate_series(1, cast(${tenants} as int)) n`.execute(system.admin);
  await sql`update catalog.tenants set fields = jsonb_build_object('canary', slug) where slug = ${canary}`.execute(
    system.admin,
  );
  const held = await system.admin.startTransaction().execute();
  try {
    // The canary's worker waits to make the same table until this one is rolled back.
    await sql`create table ${sql.table(`t_${id}.tenantry_ledger`)} ()`.execute(held);
    const { executionArn, run } = await start({
      selector: { where: { canary } },
      pace: { canary: [canary], waves: [5, 25, 100] },
    });
    await expect
      .poll(async () => (await showRun(run)).total, { timeout: 60_000 })
      .toBe(tenants + 1);
    await sql`update catalog.run_items set status = 'migrated' where run_id = ${run} and wave > 1`.execute(
      system.admin,
    );
    await held.rollback().execute();
    expect((await system.waitFor(executionArn)).status).toBe('SUCCEEDED');
    expect(await showRun(run)).toMatchObject({ total: tenants + 1, migrated: tenants + 1 });
    return await readHistory(executionArn);
  } finally {
    if (!held.isCommitted && !held.isRolledBack) await held.rollback().execute();
    await sql`delete from catalog.run_items where tenant_id like 'sim%'`.execute(system.admin);
    await sql`delete from catalog.tenants where id like 'sim%'`.execute(system.admin);
  }
}

async function readHistory(executionArn: string) {
  const events = JSON.parse(await system.historyOf(executionArn)) as Record<
    string,
    Record<string, string>
  >[];
  const payloads = events.flatMap((event) =>
    Object.values(event).flatMap((details) => [details['input'] ?? '', details['output'] ?? '']),
  );
  return { events: events.length, longest: Math.max(...payloads.map((text) => text.length)) };
}

test('nothing is ever meant by leaving the selection out, and a named tenant that cannot be worked on is refused with what to do', async () => {
  const nothing = await system.control('start-run', {
    selector: {},
    change: { kind: 'up' },
    pace: {},
    actor: 'test',
  });
  expect(nothing).toMatchObject({ ok: false, error: { code: 'NO_TARGETS_SELECTED' } });
  await control('record-tenant', { slug: 'recorded', actor: 'test' });
  const bare = await system.control('start-run', {
    selector: { tenants: ['recorded'] },
    change: { kind: 'up' },
    pace: {},
    actor: 'test',
  });
  expect(bare).toMatchObject({
    ok: false,
    error: { code: 'TARGETS_LEFT_OUT', next: 'tenantry tenant create recorded --yes' },
  });
  const unknown = await system.control('start-run', {
    selector: { tenants: ['real-1'] },
    change: { kind: 'up', to: 'shop/0009_nothing' },
    pace: {},
    actor: 'test',
  });
  expect(unknown).toMatchObject({ ok: false, error: { code: 'MIGRATION_NOT_FOUND' } });
});

test('a retry is refused when a migration was changed since, unless the change is named', async () => {
  await addTenants(['changed']);
  const { runs } = await control('list-runs', { limit: 20 });
  const failed = runs.find(({ status }) => status === 'failed');
  await sql`update catalog.runs set hash = 'another',
      migrations = jsonb_set(migrations, array['shop/0002_counter'], '"another"') where id = ${failed?.id ?? ''}`.execute(
    system.admin,
  );
  const retry = {
    selector: { failedIn: failed?.id ?? '' },
    change: { kind: 'up' },
    pace: {},
    retryOf: failed?.id ?? '',
    actor: 'test',
  } as const;
  const refused = await system.control('start-run', retry);
  expect(refused).toMatchObject({
    ok: false,
    error: {
      code: 'RUN_MIGRATIONS_CHANGED',
      message: expect.stringContaining('shop/0002_counter'),
      next: `tenantry migrate retry ${failed?.id} --with-changes shop/0002_counter`,
    },
  });
  const resumed = await system.control('control-run', {
    run: failed?.id ?? '',
    command: 'resume',
    actor: 'pat',
  });
  expect(resumed).toMatchObject({
    ok: false,
    error: { code: 'RUN_MIGRATIONS_CHANGED', next: 'tenantry migrate up --behind' },
  });
  const allowed = await system.execute('start-run', {
    ...retry,
    withChanges: ['shop/0002_counter'],
  });
  expect(allowed.status).toBe('SUCCEEDED');
});
