import { describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { controlRun, nextWave, type TenantId } from '@tenantry/tenancy';
import { unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { beginRun } from './begin-run.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

describe('an operator', () => {
  const tell = async (run: string, command: 'pause' | 'resume' | 'cancel') =>
    await controlRun(system.fleet.catalog, run, { command, actor: 'pat' });

  test('pauses a run and lets it go on: everybody is migrated once', async () => {
    await system.addTenants(4);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'pausing');
    await tell(runId, 'pause');
    expect(await system.goOn(runId)).toMatchObject({ status: 'paused', migrated: 0 });
    expect(await nextWave(system.fleet.catalog, runId)).toMatchObject({ decision: 'done' });
    await tell(runId, 'resume');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 4 });
  });

  test('cancels a run: who was not begun is skipped for good', async () => {
    const ids = await system.addTenants(4);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'cancelling');
    const { workers, wave } = await nextWave(system.fleet.catalog, runId);
    for (const worker of workers) await system.work({ runId, wave, worker });
    await tell(runId, 'cancel');
    expect(await system.goOn(runId)).toMatchObject({ status: 'cancelled', migrated: 1 });
    expect(await system.viewOf(runId)).toMatchObject({ status: 'cancelled', skipped: 3 });
    const changed = await Promise.all(ids.map(async (id) => (await system.ledgerOf(id)).length));
    expect(changed.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2]);
  });

  test('cannot tell a run anything that is over, and saying a thing twice changes nothing', async () => {
    await system.addTenants(1);
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
    await system.addTenants(1);
    await system.build(unique);
    const request = system.request({ pace: { startAt } });
    const begun = await beginRun(system.fleet, request, 'tonight');
    expect(begun).toEqual({ runId: begun.runId, decision: 'wait', startAt });
    expect(await system.viewOf(begun.runId)).toMatchObject({
      status: 'scheduled',
      total: 0,
      startAt,
    });
  });

  test('starts when its time has come', async () => {
    await system.addTenants(2);
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
    const [id] = await system.addTenants(1);
    await system.build(unique);
    const begun = await beginRun(system.fleet, system.request({ pace: { startAt } }), 'never');
    await controlRun(system.fleet.catalog, begun.runId, { command: 'cancel', actor: 'test' });
    expect(await beginRun(system.fleet, begun as never, 'never')).toMatchObject({
      decision: 'nothing',
    });
    expect(await system.ledgerOf(id as TenantId)).toEqual(['shop/0001_initial']);
  });
});

test('the pause between two waves is waited for, and not again once the wave has begun', async () => {
  await system.addTenants(6);
  await system.build(unique);
  const pace = { canary: 1, waves: [50, 100], pauseBetweenWavesSeconds: 3600 };
  const { runId } = await beginRun(system.fleet, system.request({ pace }), 'between-waves');
  const first = await nextWave(system.fleet.catalog, runId);
  expect(first).toMatchObject({ decision: 'go', wave: 1 });
  for (const worker of first.workers) await system.work({ runId, wave: 1, worker });
  const wait = await nextWave(system.fleet.catalog, runId);
  expect(wait).toMatchObject({ decision: 'wait', wave: 2, workers: [] });
  expect(wait.seconds).toBeGreaterThan(3500);
  await sql`update catalog.run_items set ended_at = ended_at - interval '1 hour' where run_id = ${runId}`.execute(
    system.cluster.admin,
  );
  expect(await nextWave(system.fleet.catalog, runId)).toMatchObject({ decision: 'go', wave: 2 });
});

test('tenants follow each other with a pause, one at a time on each cluster', async () => {
  await system.addTenants(3);
  await system.build(unique);
  const pace = { canary: 0, waves: [100], concurrency: 50, pauseBetweenTenantsSeconds: 1 };
  const { runId } = await beginRun(system.fleet, system.request({ pace }), 'one-by-one');
  expect((await nextWave(system.fleet.catalog, runId)).workers).toHaveLength(1);
  expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 3 });
  const items = [...(await system.itemsOf(runId)).values()];
  const times = items.map(({ startedAt, endedAt }) => [startedAt ?? '', endedAt ?? '']);
  for (const [index, [startedAt = '']] of times.entries()) {
    const [, before] = times[index - 1] ?? [];
    if (before !== undefined)
      expect(Date.parse(startedAt) - Date.parse(before)).toBeGreaterThan(999);
  }
});
