import { getRun, type RunItemResult } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { beginRun } from './begin-run.ts';
import { openChange } from './change-tenant.ts';
import { migrateTogether } from './migrate-together.ts';
import { PoolTurns } from './pool-turns.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

/** Changes all tenants of a run in one lane of a worker; answers what became of them, and how often the engine was called. */
async function changeAll(execution: string) {
  const { catalog, compiled } = system.fleet;
  const { runId } = await beginRun(
    system.fleet,
    system.request({ pace: { canary: 0, waves: [100] } }),
    execution,
  );
  const run = await getRun(catalog, runId);
  const taken = await system.take(run, { leaseSeconds: 60 });
  const slugs = new Map(taken.map(({ tenantId, slug }) => [tenantId, slug]));
  let calls = 0;
  const migrator = (await system.fleet.openCluster('main')).migrator.withPlugin({
    transformQuery: ({ node }) => {
      calls += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const change = openChange(run, async () => ({ migrator }), compiled.scopes.tenant);
  const results = new Map<string, RunItemResult>();
  const work = migrateTogether({ ...change, clusterId: 'main', turns: new PoolTurns() });
  await work(taken, (result) => results.set(slugs.get(result.tenantId) ?? '', result));
  return { results, calls };
}

test('tenants that share a lane are changed in one call, and each has its own result', async () => {
  const ids = await system.addTenants(12);
  await system.build(unique);
  const { results, calls } = await changeAll('one-call');
  const done = { status: 'migrated', applied: ['shop/0002_unique'] };
  expect([...results.values()]).toMatchObject(ids.map(() => done));
  expect(calls).toBe(1);
});

test('one that fails among them is named as it would be by itself, and nobody else misses anything', async () => {
  const ids = await system.addTenants(8, [3]);
  await system.build(unique);
  const { results } = await changeAll('one-fails');
  expect(results.get('t-03')).toMatchObject({
    status: 'failed',
    applied: [],
    error: { migration: 'shop/0002_unique', statement: 2, sqlstate: '23505' },
  });
  for (const [index, id] of ids.entries())
    expect(await system.ledgerOf(id)).toHaveLength(index === 3 ? 1 : 2);
});

test('where a call may not end transactions, each tenant has a call of its own', async () => {
  const ids = await system.addTenants(4);
  await system.build(unique);
  const { admin } = system.cluster;
  const { rows } = await sql<{ definition: string }>`
    select pg_get_functiondef('tenantry.apply_each'::regproc) as definition`.execute(admin);
  const [own] = rows;
  try {
    // What PostgreSQL says of a procedure that ends a transaction which its caller began.
    await sql
      .raw(
        `create or replace procedure tenantry.apply_each(p_targets jsonb, p_set jsonb, p_options jsonb, inout p_answers jsonb)
        language plpgsql as $$ begin raise exception 'invalid transaction termination' using errcode = '2D000'; end $$`,
      )
      .execute(admin);
    const { results } = await changeAll('no-call');
    expect([...results.values()].map(({ status }) => status)).toEqual(ids.map(() => 'migrated'));
  } finally {
    await sql.raw(own?.definition ?? '').execute(admin);
  }
});
