import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveTargets, type TargetSelector } from '@tenantry/tenancy';
import { addPoolTenant } from '../../test/support/add-pool-tenant.ts';
import { openTestFleet, type TestFleet } from '../../test/support/open-test-fleet.ts';
import { targetSetOf } from '../migration-set.ts';

const first = { 'tenant/shop/0001_initial.sql': 'create table item (n int);' };
const second = { ...first, 'tenant/shop/0002_more.sql': 'create table more (n int);' };

let system: TestFleet;
const ids = new Map<string, string>();

beforeAll(async () => {
  system = await openTestFleet(first);
  for (const slug of ['ada', 'bob', 'cid', 'dan']) ids.set(slug, await system.addTenant(slug));
  await system.build(second);
  for (const slug of ['eve', 'fay']) ids.set(slug, await system.addTenant(slug));
  for (const slug of ['new', 'old', 'bad']) ids.set(slug, await system.addTenant(slug));
  await addPoolTenant(system, 'due', { pool: 'free' });
  await system.setStatus('due', 'provisioning');
  await system.setStatus('new', 'provisioning');
  await system.setStatus('old', 'deleting');
  await system.setStatus('bad', 'failed');
  await system.setStatus('dan', 'suspended');
  await addPoolTenant(system, 'pia', { pool: 'free' });
  const { catalog } = system.fleet;
  await system.addTenant('hot', { migrate: false });
  await catalog
    .updateTable('tenants')
    .set({ isolation: 'cache' })
    .where('slug', '=', 'hot')
    .execute();
  for (const [slug, fields] of [
    ['ada', { plan: 'pro', seats: 5 }],
    ['eve', { plan: 'pro', seats: 7 }],
  ] as const) {
    await catalog
      .updateTable('tenants')
      .set({ fields: JSON.stringify(fields) })
      .where('slug', '=', slug)
      .execute();
  }
});
afterAll(async () => {
  await system?.close();
});

async function resolve(selector: TargetSelector) {
  return await resolveTargets(system.fleet.catalog, selector, targetSetOf(system.fleet.compiled));
}

async function namesOf(selector: TargetSelector): Promise<string[]> {
  return (await resolve(selector)).targets.map(({ name }) => name);
}

test.each([
  [{ all: true }, ['ada', 'bob', 'cid', 'dan', 'eve', 'fay', 'pia']],
  [{ where: { isolation: 'table' } }, ['pia']],
  [{ where: { pool: 'free' } }, ['pia']],
  [{ where: { isolation: 'cache' } }, []],
  [{ all: true, exclude: ['bob', 'fay'] }, ['ada', 'cid', 'dan', 'eve', 'pia']],
  [{ tenants: ['fay', 'ada'] }, ['ada', 'fay']],
  [{ where: { plan: 'pro' } }, ['ada', 'eve']],
  [{ where: { plan: 'pro', seats: '7' } }, ['eve']],
  [{ where: { status: 'suspended' } }, ['dan']],
  [{ where: { isolation: 'schema', cluster: 'main', plan: 'pro' } }, ['ada', 'eve']],
  [{ where: { version: 'shop/0002_more' } }, ['eve', 'fay', 'pia']],
  [{ where: { colour: 'red' } }, []],
  [{ behind: true }, ['ada', 'bob', 'cid', 'dan']],
  [{ behind: 'shop/0002_more' }, ['ada', 'bob', 'cid', 'dan']],
  [{ behind: 'shop/0001_initial' }, []],
  [{ behind: true, where: { plan: 'pro' } }, ['ada']],
  [{ tenants: ['ada', 'eve'], behind: true }, ['ada']],
  [{ scopes: ['shared', 'site'] }, ['shared', 'site']],
  [{ scopes: ['site', 'tenant'], tenants: ['ada'] }, ['site', 'ada']],
] as const)('the selector %j picks %j', async (selector, names) => {
  expect(await namesOf(selector as TargetSelector)).toEqual(names);
});

test('an id names a tenant as its slug does', async () => {
  expect(await namesOf({ tenants: [ids.get('cid') ?? ''] })).toEqual(['cid']);
});

test('selecting several names picks what selecting each of them picks together', async () => {
  const slugs = [...ids.keys()];
  const oneByOne = new Map<string, string[]>();
  for (const slug of slugs) oneByOne.set(slug, await namesOf({ tenants: [slug] }));
  for (let subset = 1; subset < 2 ** slugs.length; subset += 7) {
    const tenants = slugs.filter((_, index) => (subset >> index) % 2 === 1);
    const union = tenants.flatMap((slug) => oneByOne.get(slug) ?? []);
    expect(await namesOf({ tenants })).toEqual(union.toSorted());
  }
});

test('a sample is as large as asked for, part of the rest, and the same each time', async () => {
  const sample = await namesOf({ sample: 3, exclude: ['ada'] });
  expect(sample).toHaveLength(3);
  expect(sample).not.toContain('ada');
  expect(await namesOf({ sample: 3, exclude: ['ada'] })).toEqual(sample);
  expect(await namesOf({ sample: 2, behind: true })).toHaveLength(2);
});

test('tenants in no state to be worked on are left out, each with the reason', async () => {
  const { leftOut, total } = await resolve({ all: true });
  expect(total).toBe(12);
  expect(leftOut).toEqual([
    {
      name: 'bad',
      reason: 'was not created completely and has no schema',
      next: 'tenantry tenant create bad --yes',
    },
    {
      name: 'due',
      reason: 'is not provisioned',
      next: 'tenantry tenant create due --isolation table --pool free --yes',
    },
    {
      name: 'new',
      reason: 'is not provisioned',
      next: 'tenantry tenant create new --yes',
    },
    { name: 'old', reason: 'is being deleted' },
    { name: 'hot', reason: 'has isolation cache: nothing to migrate', hasNoTables: true },
  ]);
  expect((await resolve({ tenants: ['ada'] })).leftOut).toEqual([]);
});

test.each([
  [{}, 'NO_TARGETS_SELECTED'],
  [{ tenants: ['nobody'] }, 'TENANT_NOT_FOUND'],
  [{ all: true, exclude: ['nobody'] }, 'TENANT_NOT_FOUND'],
  [{ failedIn: 'run_0' }, 'RUN_NOT_FOUND'],
] as const)('the selector %j is refused with %s', async (selector, code) => {
  await expect(resolve(selector as TargetSelector)).rejects.toMatchObject({ code });
});
