import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { readLedger, tenantTarget } from '@tenantry/migrations';
import {
  controlRun,
  findRun,
  getRun,
  listRunItems,
  nextWave,
  type RunItemView,
  type TenantId,
} from '@tenantry/tenancy';
import { openTestFleet, type TestFleet } from '../../test/support/open-test-fleet.ts';
import { beginRun } from './begin-run.ts';

const initial = {
  'tenant/shop/0001_initial.sql':
    'create table item (id int primary key, name text not null);\n-- down\ndrop table item;',
};
const unique = {
  ...initial,
  'tenant/shop/0002_unique.sql':
    'create table extra (n int);\ncreate unique index item_name_key on item (name);\n-- down\ndrop index item_name_key;\ndrop table extra;',
};

let system: TestFleet;
beforeAll(async () => {
  system = await openTestFleet(initial);
});
afterEach(async () => {
  await system.clear();
  await system.build(initial);
});
afterAll(async () => {
  await system?.close();
});

/** So many tenants at the first migration, `t-00` being the first; `0002_unique` fails for the given ones. */
async function addTenants(count: number, failing: readonly number[] = []) {
  const ids: TenantId[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = await system.addTenant(`t-${String(index).padStart(2, '0')}`);
    ids.push(id);
    if (failing.includes(index)) await breakTenant(id);
  }
  return ids;
}

async function breakTenant(id: TenantId) {
  await sql`insert into ${sql.table(`t_${id}.item`)} values (1, 'same'), (2, 'same')`.execute(
    system.cluster.admin,
  );
}

async function repairTenant(id: TenantId) {
  await sql`delete from ${sql.table(`t_${id}.item`)}`.execute(system.cluster.admin);
}

async function ledgerOf(id: TenantId) {
  return (await readLedger(system.cluster.migrator, tenantTarget(id))).map((row) => row.id);
}

async function itemsOf(run: string | null): Promise<Map<string, RunItemView>> {
  const items = await listRunItems(system.fleet.catalog, { run: run ?? '', limit: 500 });
  return new Map(items.map((item) => [item.slug, item]));
}

async function viewOf(run: string | null) {
  const view = await findRun(system.fleet.catalog, { run: run ?? '' });
  if (view === undefined) throw new Error(`no run ${run}`);
  return view;
}

test('a run brings every tenant to the newest version and keeps what it did to each', async () => {
  await addTenants(12);
  await system.build(unique);
  const result = await system.run();
  expect(result).toMatchObject({ status: 'succeeded', total: 12, migrated: 12, failed: 0 });
  const view = await viewOf(result.runId);
  expect(view).toMatchObject({ status: 'succeeded', total: 12, migrated: 12, working: 0 });
  expect(view.waves.map(({ total }) => total)).toEqual([1, 2, 9]);
  expect((await itemsOf(result.runId)).get('t-03')).toMatchObject({
    status: 'migrated',
    from: 'shop/0001_initial',
    to: 'shop/0002_unique',
    applied: ['shop/0002_unique'],
    attempt: 1,
    failure: null,
  });
  const tenants = await system.fleet.catalog
    .selectFrom('tenants')
    .select(['version', 'migrations_hash'])
    .execute();
  const { hash } = system.fleet.compiled.scopes.tenant;
  expect(new Set(tenants.map((tenant) => JSON.stringify(tenant)))).toEqual(
    new Set([JSON.stringify({ version: 'shop/0002_unique', migrations_hash: hash })]),
  );
});

test('a run with nothing behind is over at once and is kept', async () => {
  await addTenants(2);
  const begun = await beginRun(system.fleet, system.request(), 'nothing-to-do');
  expect(begun.decision).toBe('nothing');
  expect(await viewOf(begun.runId)).toMatchObject({ status: 'succeeded', total: 0, waves: [] });
});

describe('a tenant that fails', () => {
  test.each([
    ['the canary', 0, { migrated: 0, pending: 11 }],
    ['wave 2', 1, { migrated: 2, pending: 9 }],
    ['the rest', 11, { migrated: 11, pending: 0 }],
  ])('in %s stops the run after that wave', async (_where, failing, counts) => {
    const ids = await addTenants(12, []);
    // Waves are filled in the order of the ids.
    const byId = ids.toSorted();
    const canary = byId[0] as TenantId;
    await breakTenant(byId[failing] as TenantId);
    await system.build(unique);
    const { runId, ...result } = await system.run({ pace: { canary: [canary] } });
    expect(result).toMatchObject({ status: 'failed', failed: 1, migrated: counts.migrated });
    const items = [...(await itemsOf(runId)).values()];
    expect(items.filter((item) => item.status === 'pending')).toHaveLength(counts.pending);
    const view = await viewOf(runId);
    expect(view.failures).toHaveLength(1);
    expect(view.failures[0]).toMatchObject({
      slug: items.find((item) => item.tenantId === byId[failing])?.slug,
      migration: 'shop/0002_unique',
      statement: 2,
      sqlstate: '23505',
      sql: 'create unique index item_name_key on item (name)',
      line: 2,
    });
  });

  test('is the only one that a retry after the repair touches', async () => {
    const ids = await addTenants(6, [4]);
    await system.build(unique);
    const first = await system.run({ pace: { onError: 'continue' } });
    expect(first).toMatchObject({ status: 'failed', migrated: 5, failed: 1 });
    await repairTenant(ids[4] as TenantId);
    const retry = await system.run({
      selector: { failedIn: first.runId ?? '' },
      retryOf: first.runId ?? '',
    });
    expect(retry).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    expect([...(await itemsOf(retry.runId)).keys()]).toEqual(['t-04']);
    expect(await viewOf(retry.runId)).toMatchObject({ retryOf: first.runId });
  });

  test('leaves its schema as it was and does not hold up its wave', async () => {
    const ids = await addTenants(6, [2]);
    await system.build(unique);
    await system.run({ pace: { canary: 0, waves: [100] } });
    expect(await ledgerOf(ids[2] as TenantId)).toEqual(['shop/0001_initial']);
    expect(await ledgerOf(ids[3] as TenantId)).toEqual(['shop/0001_initial', 'shop/0002_unique']);
  });

  test.each([
    [{ maxFailures: 1 }, 'failed', 12],
    [{ maxFailures: '9%' }, 'failed', 12],
    [{ maxFailures: '8%' }, 'failed', 0],
    [{ onError: 'continue' }, 'failed', 12],
  ] as const)(
    'is borne by the pace %j: the run is %s and has dealt with %i',
    async (pace, status, dealt) => {
      const ids = await addTenants(12);
      await breakTenant(ids[0] as TenantId);
      await system.build(unique);
      const result = await system.run({ pace: { canary: ['t-00'], ...pace } });
      expect(result.status).toBe(status);
      expect(result.migrated + (dealt === 0 ? 0 : 1)).toBe(dealt);
    },
  );
});

describe('an undo', () => {
  test('takes back exactly what the run changed, tenant by tenant', async () => {
    const ids = await addTenants(6, [5]);
    await system.build(unique);
    await system.run({ selector: { tenants: ['t-00'] } });
    const second = await system.run({ pace: { onError: 'continue' } });
    expect(second).toMatchObject({ total: 5, migrated: 4, failed: 1 });
    const undo = await system.run({ change: { kind: 'undo', run: second.runId ?? '' } });
    expect(undo).toMatchObject({ status: 'succeeded', total: 4, migrated: 4 });
    expect((await itemsOf(undo.runId)).get('t-01')).toMatchObject({
      applied: ['shop/0002_unique'],
      to: 'shop/0001_initial',
    });
    expect(await ledgerOf(ids[0] as TenantId)).toContain('shop/0002_unique');
    for (const id of ids.slice(1)) expect(await ledgerOf(id)).toEqual(['shop/0001_initial']);
  });

  test('knows what a worker had changed that died before it could say so', async () => {
    const ids = await addTenants(3);
    await system.build(unique);
    const pace = { canary: 0, waves: [100] };
    const begun = await beginRun(system.fleet, system.request({ pace }), 'dies');
    const run = await getRun(system.fleet.catalog, begun.runId);
    await system.dieAfterChange(run, 't-01');
    await controlRun(system.fleet.catalog, run.id, { command: 'cancel', actor: 'test' });
    const undo = await system.run({ change: { kind: 'undo', run: run.id } });
    // Its other two tenants are looked at, too: only their ledgers say that nothing was changed.
    expect(undo).toMatchObject({ status: 'succeeded', total: 3, migrated: 1 });
    expect(await ledgerOf(ids[1] as TenantId)).toEqual(['shop/0001_initial']);
  });
});

describe('going back', () => {
  const three = {
    ...unique,
    'tenant/shop/0003_third.sql': 'create table third (n int);\n-- down\ndrop table third;',
  };

  test('so many steps are counted from where each tenant is', async () => {
    await system.build(three);
    const newest = await system.addTenant('newest');
    await system.build(unique);
    const older = await system.addTenant('older');
    await system.build(three);
    const down = await system.run({ change: { kind: 'down', steps: 1 } });
    expect(down).toMatchObject({ status: 'succeeded', migrated: 2 });
    expect((await ledgerOf(newest)).at(-1)).toBe('shop/0002_unique');
    expect((await ledgerOf(older)).at(-1)).toBe('shop/0001_initial');
  });

  test('to a migration, those that are behind it already are left as they are', async () => {
    await system.build(three);
    const newest = await system.addTenant('newest');
    await system.build(initial);
    const older = await system.addTenant('older');
    await system.build(three);
    const down = await system.run({ change: { kind: 'down', to: 'shop/0002_unique' } });
    expect(down).toMatchObject({ status: 'succeeded', migrated: 1, failed: 0 });
    expect((await viewOf(down.runId)).skipped).toBe(1);
    expect((await ledgerOf(newest)).at(-1)).toBe('shop/0002_unique');
    expect(await ledgerOf(older)).toEqual(['shop/0001_initial']);
  });

  test('a step that a dead worker has gone is not gone again', async () => {
    await system.build(three);
    const id = await system.addTenant('once');
    const change = { kind: 'down', steps: 1 } as const;
    const begun = await beginRun(
      system.fleet,
      system.request({ change, pace: { leaseSeconds: 1 } }),
      'steps',
    );
    await system.dieAfterChange(await getRun(system.fleet.catalog, begun.runId), 'once');
    expect(await system.goOn(begun.runId)).toMatchObject({ status: 'succeeded', migrated: 1 });
    expect(await ledgerOf(id)).toEqual(['shop/0001_initial', 'shop/0002_unique']);
  });
});

test('up to a migration, and one module alone', async () => {
  const id = await system.addTenant('partly');
  await system.build({
    ...unique,
    'tenant/shop/0003_third.sql': 'create table third (n int);',
    'tenant/blog/0001_initial.sql': 'create table post (n int);',
  });
  await system.run({ change: { kind: 'up', module: 'blog' } });
  expect(await ledgerOf(id)).toEqual(['shop/0001_initial', 'blog/0001_initial']);
  await system.run({ change: { kind: 'up', to: 'shop/0002_unique' } });
  expect(await ledgerOf(id)).toEqual([
    'shop/0001_initial',
    'blog/0001_initial',
    'shop/0002_unique',
  ]);
  expect(await system.run()).toMatchObject({ migrated: 1 });
  expect((await ledgerOf(id)).at(-1)).toBe('shop/0003_third');
});

describe('an operator', () => {
  const tell = async (run: string, command: 'pause' | 'resume' | 'cancel') =>
    await controlRun(system.fleet.catalog, run, { command, actor: 'pat' });

  test('pauses a run and lets it go on: everybody is migrated once', async () => {
    await addTenants(4);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'pausing');
    await tell(runId, 'pause');
    expect(await system.goOn(runId)).toMatchObject({ status: 'paused', migrated: 0 });
    expect(await nextWave(system.fleet.catalog, runId)).toMatchObject({ decision: 'done' });
    await tell(runId, 'resume');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 4 });
  });

  test('cancels a run: who was not begun is skipped for good', async () => {
    const ids = await addTenants(4);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'cancelling');
    const { workers, wave } = await nextWave(system.fleet.catalog, runId);
    for (const worker of workers) await system.work({ runId, wave, worker });
    await tell(runId, 'cancel');
    expect(await system.goOn(runId)).toMatchObject({ status: 'cancelled', migrated: 1 });
    expect(await viewOf(runId)).toMatchObject({ status: 'cancelled', skipped: 3 });
    const changed = await Promise.all(ids.map(async (id) => (await ledgerOf(id)).length));
    expect(changed.toSorted()).toEqual([1, 1, 1, 2]);
  });

  test('cannot tell a run anything that is over, and saying a thing twice changes nothing', async () => {
    await addTenants(1);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'twice');
    await tell(runId, 'pause');
    await tell(runId, 'pause');
    await tell(runId, 'cancel');
    await tell(runId, 'cancel');
    await expect(tell(runId, 'resume')).rejects.toMatchObject({ code: 'RUN_CLOSED' });
    await expect(tell('run_0', 'pause')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const audit = await system.fleet.catalog
      .selectFrom('audit')
      .select(['actor', 'action', 'outcome'])
      .where('run_id', '=', runId)
      .orderBy('id')
      .execute();
    expect(audit).toEqual([
      { actor: 'test', action: 'migrate-fleet', outcome: 'started' },
      { actor: 'pat', action: 'pause-run', outcome: 'done' },
      { actor: 'pat', action: 'cancel-run', outcome: 'done' },
    ]);
  });
});

describe('a run for later', () => {
  const startAt = new Date(Date.now() + 86_400_000).toISOString();

  test('waits, and nothing of it is fixed before its time', async () => {
    await addTenants(1);
    await system.build(unique);
    const request = system.request({ pace: { startAt } });
    const begun = await beginRun(system.fleet, request, 'tonight');
    expect(begun).toEqual({ runId: begun.runId, decision: 'wait', startAt });
    expect(await viewOf(begun.runId)).toMatchObject({ status: 'scheduled', total: 0, startAt });
  });

  test('starts when its time has come', async () => {
    await addTenants(2);
    await system.build(unique);
    const begun = await beginRun(system.fleet, system.request({ pace: { startAt } }), 'now');
    await system.fleet.catalog
      .updateTable('runs')
      .set({ start_at: new Date(Date.now() - 1000) })
      .where('id', '=', begun.runId)
      .execute();
    // The workflow comes back to the step with the state that it waited with.
    expect(await beginRun(system.fleet, begun as never, 'now')).toMatchObject({ decision: 'go' });
    expect(await system.goOn(begun.runId)).toMatchObject({ status: 'succeeded', migrated: 2 });
  });

  test('that was cancelled meanwhile does nothing at its time', async () => {
    const [id] = await addTenants(1);
    await system.build(unique);
    const begun = await beginRun(system.fleet, system.request({ pace: { startAt } }), 'never');
    await controlRun(system.fleet.catalog, begun.runId, { command: 'cancel', actor: 'test' });
    expect(await beginRun(system.fleet, begun as never, 'never')).toMatchObject({
      decision: 'nothing',
    });
    expect(await ledgerOf(id as TenantId)).toEqual(['shop/0001_initial']);
  });
});

describe('every step may run twice and at once', () => {
  test('the same execution begins one run', async () => {
    await addTenants(3);
    await system.build(unique);
    const begun = await Promise.all(
      [1, 2, 3].map(() => beginRun(system.fleet, system.request(), 'same-execution')),
    );
    expect(new Set(begun.map(({ runId }) => runId)).size).toBe(1);
    expect(await viewOf(begun[0]?.runId ?? '')).toMatchObject({ total: 3 });
  });

  test('executions that do the same work share one run, whatever their pace', async () => {
    await addTenants(3);
    await system.build(unique);
    const begun = await Promise.all([
      beginRun(system.fleet, system.request(), 'share-1'),
      beginRun(system.fleet, system.request({ pace: { concurrency: 2 } }), 'share-2'),
      beginRun(system.fleet, system.request({ selector: { tenants: ['t-01'] } }), 'share-3'),
    ]);
    expect(begun[0]?.runId).toBe(begun[1]?.runId);
    expect(begun[2]?.runId).not.toBe(begun[1]?.runId);
    const finished = await Promise.all(begun.map(({ runId }) => system.goOn(runId)));
    expect(finished.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    const applied = await system.fleet.catalog
      .selectFrom('run_items')
      .select((eb) => eb.fn.countAll<bigint>().as('count'))
      .where(sql<boolean>`applied <> '[]'`)
      .executeTakeFirstOrThrow();
    expect(Number(applied.count)).toBe(3);
  });

  test('several workers on one place of a wave take no tenant twice', async () => {
    await addTenants(10);
    await system.build(unique);
    const { runId } = await beginRun(
      system.fleet,
      system.request({ pace: { canary: 0, waves: [100] } }),
      'crowd',
    );
    const { wave, workers } = await nextWave(system.fleet.catalog, runId);
    const crowd = [...workers, ...workers, ...workers];
    const done = await Promise.all(crowd.map((worker) => system.work({ runId, wave, worker })));
    expect(done.reduce((sum, result) => sum + result.done, 0)).toBe(10);
    const items = [...(await itemsOf(runId)).values()];
    expect(items.map(({ attempt }) => attempt)).toEqual(items.map(() => 1));
  });
});

describe('leases', () => {
  test('the tenants of a worker that died are taken by others, and its work counts', async () => {
    await addTenants(4);
    await system.build(unique);
    const request = system.request({ pace: { canary: 0, waves: [100], leaseSeconds: 1 } });
    const { runId } = await beginRun(system.fleet, request, 'orphans');
    await system.dieAfterChange(await getRun(system.fleet.catalog, runId), 't-02');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 4 });
    expect((await itemsOf(runId)).get('t-02')).toMatchObject({
      status: 'migrated',
      attempt: 2,
      applied: ['shop/0002_unique'],
    });
  });

  test('a tenant that another run works on is waited for', async () => {
    const ids = await addTenants(2);
    await system.build(unique);
    const other = await beginRun(
      system.fleet,
      system.request({ selector: { tenants: ['t-00'] } }),
      'holder',
    );
    const { runId } = await beginRun(
      system.fleet,
      system.request({ pace: { canary: 0, waves: [100] } }),
      'waiter',
    );
    const held = await system.take(await getRun(system.fleet.catalog, other.runId), {
      leaseSeconds: 60,
    });
    expect(held.map(({ slug }) => slug)).toEqual(['t-00']);
    const waiting = system.goOn(runId);
    await expect.poll(async () => (await itemsOf(runId)).get('t-01')?.status).toBe('migrated');
    expect((await itemsOf(runId)).get('t-00')?.status).toBe('pending');
    expect(await ledgerOf(ids[0] as TenantId)).toEqual(['shop/0001_initial']);
    await system.fleet.catalog
      .updateTable('run_items')
      .set({ status: 'failed', holder: null, lease_until: null })
      .where('run_id', '=', other.runId)
      .execute();
    expect(await waiting).toMatchObject({ status: 'succeeded', migrated: 2 });
  });
});

describe('selection at the start', () => {
  test('tenants that are not ready are left out and named, and break nothing', async () => {
    await addTenants(4);
    await system.setStatus('t-00', 'provisioning');
    await system.setStatus('t-01', 'failed');
    await system.setStatus('t-02', 'deleting');
    await system.build(unique);
    const result = await system.run();
    expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    const { leftOut } = await viewOf(result.runId);
    expect(leftOut.map(({ name }) => name)).toEqual(['t-00', 't-01', 't-02']);
    expect(leftOut[1]).toMatchObject({ next: 'tenantry tenant create t-01 --yes' });
  });

  test('a tenant that is deleted while the run is on is skipped', async () => {
    await addTenants(2);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'deleting');
    await system.setStatus('t-01', 'deleting');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 1 });
    expect((await itemsOf(runId)).get('t-01')).toMatchObject({
      status: 'skipped',
      failure: { message: 'the tenant is deleting' },
    });
  });

  test('the canary is the smallest tenant, then the one with most rows', async () => {
    const ids = await addTenants(4);
    for (const [index, rows] of [20, 3, 900, 50].entries()) {
      await sql`insert into ${sql.table(`t_${ids[index]}.item`)} select n, n from generate_series(1, ${rows}) n`.execute(
        system.cluster.admin,
      );
      await sql`analyze ${sql.table(`t_${ids[index]}.item`)}`.execute(system.cluster.admin);
    }
    await system.build(unique);
    const { runId } = await system.run({ pace: { canary: 2 } });
    expect((await viewOf(runId)).waves[0]).toMatchObject({ wave: 1, tenants: ['t-01', 't-02'] });
  });
});

test('schemas that exist once are migrated when the selector names them, and only then', async () => {
  await addTenants(1);
  await system.build({
    ...unique,
    'shared/base/0001_initial.sql': 'create table fact (n int);\n-- down\ndrop table fact;',
  });
  await system.run({ selector: { tenants: ['t-00'] } });
  const catalog = system.fleet.catalog;
  const shared = () =>
    catalog
      .selectFrom('static_schemas')
      .select('version')
      .where('name', '=', 'shared')
      .executeTakeFirst();
  expect((await shared())?.version ?? null).toBeNull();
  const begun = await beginRun(
    system.fleet,
    system.request({ selector: { scopes: ['shared'] } }),
    'static',
  );
  expect(begun.decision).toBe('nothing');
  expect(await viewOf(begun.runId)).toMatchObject({ status: 'succeeded', total: 0 });
  expect((await shared())?.version).toBe('base/0001_initial');
  const down = { kind: 'down', to: null } as const;
  await beginRun(
    system.fleet,
    system.request({ selector: { scopes: ['shared'] }, change: down }),
    'static-down',
  );
  expect((await shared())?.version).toBeNull();
});
