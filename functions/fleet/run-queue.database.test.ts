import { describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { finishRun, getRun, nextWave, type TenantId } from '@tenantry/tenancy';
import { initial, unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { beginRun } from './begin-run.ts';
import { notingFailure } from './noting-failure.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

describe('every step may run twice and at once', () => {
  test('the same execution begins one run', async () => {
    await system.addTenants(3);
    await system.build(unique);
    const begun = await Promise.all(
      [1, 2, 3].map(() => beginRun(system.fleet, system.request(), 'same-execution')),
    );
    expect(new Set(begun.map(({ runId }) => runId)).size).toBe(1);
    expect(await system.viewOf(begun[0]?.runId ?? '')).toMatchObject({ total: 3 });
  });

  test('executions that do the same work share one run, whatever their pace', async () => {
    await system.addTenants(3);
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
    await system.addTenants(10);
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
    const items = [...(await system.itemsOf(runId)).values()];
    expect(items.map(({ attempt }) => attempt)).toEqual(items.map(() => 1));
  });
});

describe('leases', () => {
  test('the tenants of a worker that died are taken by others, and its work counts', async () => {
    await system.addTenants(4);
    await system.build(unique);
    const request = system.request({ pace: { canary: 0, waves: [100], leaseSeconds: 1 } });
    const { runId } = await beginRun(system.fleet, request, 'orphans');
    await system.dieAfterChange(await getRun(system.fleet.catalog, runId), 't-02');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 4 });
    expect((await system.itemsOf(runId)).get('t-02')).toMatchObject({
      status: 'migrated',
      attempt: 2,
      applied: ['shop/0002_unique'],
    });
  });

  test('a tenant that another run works on is waited for', async () => {
    const ids = await system.addTenants(2);
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
    await expect
      .poll(async () => (await system.itemsOf(runId)).get('t-01')?.status)
      .toBe('migrated');
    expect((await system.itemsOf(runId)).get('t-00')?.status).toBe('pending');
    expect(await system.ledgerOf(ids[0] as TenantId)).toEqual(['shop/0001_initial']);
    await system.fleet.catalog
      .updateTable('run_items')
      .set({ status: 'failed', holder: null, lease_until: null })
      .where('run_id', '=', other.runId)
      .execute();
    expect(await waiting).toMatchObject({ status: 'succeeded', migrated: 2 });
  });
});

test('two runs at the same moment apply every migration exactly once, round after round', async () => {
  const ids = await system.addTenants(8);
  const counter = {
    ...initial,
    'tenant/shop/0002_counter.sql': 'create table counter (round int);',
  };
  let migrations: Record<string, string> = counter;
  const rounds = 5;
  for (let round = 3; round < 3 + rounds; round += 1) {
    const number = String(round).padStart(4, '0');
    migrations = {
      ...migrations,
      [`tenant/shop/${number}_round.sql`]: `insert into counter values (${round});`,
    };
    await system.build(migrations);
    const pace = { canary: 0, waves: [100] };
    const tenants = ids.map((_, index) => `t-${String(index).padStart(2, '0')}`);
    const both = await Promise.all([
      system.run({ pace }),
      system.run({ pace, selector: { tenants } }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  }
  for (const id of ids) {
    const { rows } = await sql<{ round: number; times: bigint }>`
      select round, count(*) as times from ${sql.table(`t_${id}.counter`)} group by round order by round`.execute(
      system.cluster.admin,
    );
    expect(rows).toEqual(
      Array.from({ length: rounds }, (_, index) => ({ round: index + 3, times: 1n })),
    );
  }
});

describe('an error that is no tenant of its own', () => {
  const failing = async (runId: string) => {
    const { catalog } = system.fleet;
    const broken = Object.assign(new Error('relation is gone'), { code: '42P01' });
    const work = async () => await Promise.reject(broken);
    await expect(notingFailure(catalog, runId, work)).rejects.toBe(broken);
  };
  const threshold = {
    step: 'migrate-tenants',
    error: 'States.ExceedToleratedFailureThreshold',
    sqlstate: null,
    message: '1 of 1 items failed',
  };

  test('is what the run ends with, not that the map had a failed child', async () => {
    await system.addTenants(1);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'broken-worker');
    await failing(runId);
    await finishRun(system.fleet.catalog, runId, threshold);
    expect((await system.viewOf(runId)).failure).toMatchObject({
      sqlstate: '42P01',
      message: 'relation is gone',
    });
  });

  test('is forgotten when the next attempt ends the run well', async () => {
    await system.addTenants(1);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'mended-worker');
    await failing(runId);
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded' });
    expect((await system.viewOf(runId)).failure).toBeNull();
  });
});
