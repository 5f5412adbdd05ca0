import { describe, expect, test } from 'vitest';
import { controlRun, getRun, type TenantId } from '@tenantry/tenancy';
import { initial, unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { beginRun } from './begin-run.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

test('a run brings every tenant to the newest version and keeps what it did to each', async () => {
  await system.addTenants(12);
  await system.build(unique);
  const result = await system.run();
  expect(result).toMatchObject({ status: 'succeeded', total: 12, migrated: 12, failed: 0 });
  const view = await system.viewOf(result.runId);
  expect(view).toMatchObject({ status: 'succeeded', total: 12, migrated: 12, working: 0 });
  expect(view.waves.map(({ total }) => total)).toEqual([1, 2, 9]);
  expect((await system.itemsOf(result.runId)).get('t-03')).toMatchObject({
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
  await system.addTenants(2);
  const begun = await beginRun(system.fleet, system.request(), 'nothing-to-do');
  expect(begun.decision).toBe('nothing');
  expect(await system.viewOf(begun.runId)).toMatchObject({
    status: 'succeeded',
    total: 0,
    waves: [],
  });
});

describe('a tenant that fails', () => {
  test.each([
    ['the canary', 0, { migrated: 0, pending: 11 }],
    ['wave 2', 1, { migrated: 2, pending: 9 }],
    ['the rest', 11, { migrated: 11, pending: 0 }],
  ])('in %s stops the run after that wave', async (_where, failing, counts) => {
    const ids = await system.addTenants(12, []);
    // Waves are filled in the order of the ids.
    const byId = ids.toSorted();
    const canary = byId[0] as TenantId;
    await system.breakTenant(byId[failing] as TenantId);
    await system.build(unique);
    const { runId, ...result } = await system.run({ pace: { canary: [canary] } });
    expect(result).toMatchObject({ status: 'failed', failed: 1, migrated: counts.migrated });
    const items = [...(await system.itemsOf(runId)).values()];
    expect(items.filter((item) => item.status === 'pending')).toHaveLength(counts.pending);
    const view = await system.viewOf(runId);
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
    const ids = await system.addTenants(6, [4]);
    await system.build(unique);
    const first = await system.run({ pace: { onError: 'continue' } });
    expect(first).toMatchObject({ status: 'failed', migrated: 5, failed: 1 });
    await system.repairTenant(ids[4] as TenantId);
    const retry = await system.run({
      selector: { failedIn: first.runId ?? '' },
      retryOf: first.runId ?? '',
    });
    expect(retry).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    expect([...(await system.itemsOf(retry.runId)).keys()]).toEqual(['t-04']);
    expect(await system.viewOf(retry.runId)).toMatchObject({ retryOf: first.runId });
  });

  test('leaves its schema as it was and does not hold up its wave', async () => {
    const ids = await system.addTenants(6, [2]);
    await system.build(unique);
    await system.run({ pace: { canary: 0, waves: [100] } });
    expect(await system.ledgerOf(ids[2] as TenantId)).toEqual(['shop/0001_initial']);
    expect(await system.ledgerOf(ids[3] as TenantId)).toEqual([
      'shop/0001_initial',
      'shop/0002_unique',
    ]);
  });

  test.each([
    [{ maxFailures: 1 }, 'failed', 12],
    [{ maxFailures: '9%' }, 'failed', 12],
    [{ maxFailures: '8%' }, 'failed', 0],
    [{ onError: 'continue' }, 'failed', 12],
  ] as const)(
    'is borne by the pace %j: the run is %s and has dealt with %i',
    async (pace, status, dealt) => {
      const ids = await system.addTenants(12);
      await system.breakTenant(ids[0] as TenantId);
      await system.build(unique);
      const result = await system.run({ pace: { canary: ['t-00'], ...pace } });
      expect(result.status).toBe(status);
      expect(result.migrated + (dealt === 0 ? 0 : 1)).toBe(dealt);
    },
  );
});

describe('an undo', () => {
  test('takes back exactly what the run changed, tenant by tenant', async () => {
    const ids = await system.addTenants(6, [5]);
    await system.build(unique);
    await system.run({ selector: { tenants: ['t-00'] } });
    const second = await system.run({ pace: { onError: 'continue' } });
    expect(second).toMatchObject({ total: 5, migrated: 4, failed: 1 });
    const undo = await system.run({ change: { kind: 'undo', run: second.runId ?? '' } });
    expect(undo).toMatchObject({ status: 'succeeded', total: 4, migrated: 4 });
    expect((await system.itemsOf(undo.runId)).get('t-01')).toMatchObject({
      applied: ['shop/0002_unique'],
      to: 'shop/0001_initial',
    });
    expect(await system.ledgerOf(ids[0] as TenantId)).toContain('shop/0002_unique');
    for (const id of ids.slice(1)) expect(await system.ledgerOf(id)).toEqual(['shop/0001_initial']);
  });

  test('knows what a worker had changed that died before it could say so', async () => {
    const ids = await system.addTenants(3);
    await system.build(unique);
    const pace = { canary: 0, waves: [100] };
    const begun = await beginRun(system.fleet, system.request({ pace }), 'dies');
    const run = await getRun(system.fleet.catalog, begun.runId);
    await system.dieAfterChange(run, 't-01');
    await controlRun(system.fleet.catalog, run.id, { command: 'cancel', actor: 'test' });
    const undo = await system.run({ change: { kind: 'undo', run: run.id } });
    // Its other two tenants are looked at, too: only their ledgers say that nothing was changed.
    expect(undo).toMatchObject({ status: 'succeeded', total: 3, migrated: 1 });
    expect(await system.ledgerOf(ids[1] as TenantId)).toEqual(['shop/0001_initial']);
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
    expect((await system.ledgerOf(newest)).at(-1)).toBe('shop/0002_unique');
    expect((await system.ledgerOf(older)).at(-1)).toBe('shop/0001_initial');
  });

  test('to a migration, those that are behind it already are left as they are', async () => {
    await system.build(three);
    const newest = await system.addTenant('newest');
    await system.build(initial);
    const older = await system.addTenant('older');
    await system.build(three);
    const down = await system.run({ change: { kind: 'down', to: 'shop/0002_unique' } });
    expect(down).toMatchObject({ status: 'succeeded', migrated: 1, failed: 0 });
    expect((await system.viewOf(down.runId)).skipped).toBe(1);
    expect((await system.ledgerOf(newest)).at(-1)).toBe('shop/0002_unique');
    expect(await system.ledgerOf(older)).toEqual(['shop/0001_initial']);
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
    expect(await system.ledgerOf(id)).toEqual(['shop/0001_initial', 'shop/0002_unique']);
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
  expect(await system.ledgerOf(id)).toEqual(['shop/0001_initial', 'blog/0001_initial']);
  await system.run({ change: { kind: 'up', to: 'shop/0002_unique' } });
  expect(await system.ledgerOf(id)).toEqual([
    'shop/0001_initial',
    'blog/0001_initial',
    'shop/0002_unique',
  ]);
  expect(await system.run()).toMatchObject({ migrated: 1 });
  expect((await system.ledgerOf(id)).at(-1)).toBe('shop/0003_third');
});
