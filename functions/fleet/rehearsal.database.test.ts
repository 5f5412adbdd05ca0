import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  initial,
  openShopFleet,
  unique,
  type ShopFleet,
} from '../../test/support/open-shop-fleet.ts';

/** Two deployments: each has a catalog and a server of its own. */
let staging: ShopFleet;
let production: ShopFleet;

beforeAll(async () => {
  staging = await openShopFleet();
  production = await openShopFleet();
});
afterAll(async () => {
  await staging?.close();
  await production?.close();
});

/** The second migration, repaired: of two items with one name the first stays. */
const repaired = {
  ...initial,
  'tenant/shop/0002_unique.sql':
    'create table extra (n int);\ndelete from item a using item b where a.name = b.name and a.id > b.id;\n' +
    'create unique index item_name_key on item (name);\n-- down\ndrop index item_name_key;\ndrop table extra;',
};
const pace = { canary: ['t-00'], waves: [50, 100] };

/** What a run is to do and did, without what names the deployment. */
async function describeRun(stage: ShopFleet, run: string | null) {
  const { hash, status, total, migrated, failed, waves } = await stage.viewOf(run);
  const items = [...(await stage.itemsOf(run)).values()];
  return {
    hash,
    status,
    counts: [total, migrated, failed],
    canary: waves[0]?.tenants,
    waves: waves.map(({ wave, total: tenants }) => [wave, tenants]),
    applied: new Map(items.map(({ slug, from, to, applied }) => [slug, [from, to, applied]])),
  };
}

test('a run that is made on another stage first fails there and touches nobody else; repaired, it is the same run on both', async () => {
  await staging.addTenants(5, [3]);
  const ids = await production.addTenants(5, [3]);
  await staging.build(unique);
  const rehearsed = await staging.run({ pace });
  expect(rehearsed).toMatchObject({ status: 'failed', failed: 1 });
  expect((await staging.viewOf(rehearsed.runId)).failures).toMatchObject([
    { slug: 't-03', migration: 'shop/0002_unique', sqlstate: '23505' },
  ]);
  for (const id of ids) expect(await production.ledgerOf(id)).toEqual(['shop/0001_initial']);

  for (const stage of [staging, production]) await stage.build(repaired);
  const undone = { kind: 'undo', run: rehearsed.runId ?? '' } as const;
  expect(await staging.run({ change: undone })).toMatchObject({ status: 'succeeded', failed: 0 });
  const again = await staging.run({ pace });
  const real = await production.run({ pace });
  expect(again).toMatchObject({ status: 'succeeded', total: 5, migrated: 5 });
  expect(await describeRun(production, real.runId)).toEqual(
    await describeRun(staging, again.runId),
  );
});
