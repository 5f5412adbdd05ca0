import {
  homeClusterId,
  listClusterViews,
  openCreation,
  parseCreateTenantRequest,
  recordTenant,
  reserveTenant,
  setCluster,
  upsertCluster,
  type CreateTenantRequest,
} from '@tenantry/tenancy';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => await cluster?.close());

/** Clusters `main`, `eu` and `us` that take so many tenants. */
async function limit(capacities: Readonly<Record<string, number>>): Promise<void> {
  for (const [id, capacity] of Object.entries(capacities)) {
    const resourceArn = `arn:aws:rds:us-east-1:000000000000:cluster:${id === 'main' ? 'test' : id}`;
    const entry = { id, resourceArn, database: 'tenantry', capacity };
    await upsertCluster(cluster.catalog, { ...entry, status: 'active' });
  }
}

beforeEach(async () => {
  for (const table of ['creation_items', 'creations', 'domains', 'tenants'] as const)
    await cluster.catalog.deleteFrom(table).execute();
  await limit({ main: 0, eu: 0, us: 0 });
});

let count = 0;

function requestOf(more: Record<string, unknown> = {}): CreateTenantRequest {
  count += 1;
  const slug = `placed-${count}`;
  return parseCreateTenantRequest({ slug, actor: 'test', ...more }, { baseDomain: 'test.example' });
}

async function reserve(more: Record<string, unknown> = {}): Promise<string> {
  const request = requestOf(more);
  return await reserveTenant(cluster.catalog, request, `execution of ${request.slug}`);
}

async function placeOf(id: string): Promise<string> {
  const { cluster_id: place } = await cluster.catalog
    .selectFrom('tenants')
    .select('cluster_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return place;
}

async function countTenants(): Promise<Record<string, number>> {
  const views = await listClusterViews(cluster.catalog);
  return Object.fromEntries(views.map(({ id, tenants }) => [id, tenants]));
}

test('fifty tenants created at once spread over the clusters by their capacity, and no cluster gets more than it takes', async () => {
  await limit({ main: 20, eu: 10, us: 20 });
  const results = await Promise.allSettled(Array.from({ length: 55 }, () => reserve()));
  expect(await countTenants()).toEqual({ main: 20, eu: 10, us: 20 });
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(5);
  for (const { reason } of refused)
    expect(reason).toMatchObject({ code: 'CLUSTER_FULL', cluster: null });
});

test('a tenant goes where the largest share of places is free, and by name where that is equal', async () => {
  await limit({ main: 4, eu: 8, us: 8 });
  const places = [];
  for (let made = 0; made < 5; made += 1) places.push(await placeOf(await reserve()));
  expect(places).toEqual(['eu', 'main', 'us', 'eu', 'us']);
});

test('a tenant goes to the cluster it names, and nothing is claimed when that takes none', async () => {
  await limit({ main: 10, eu: 1, us: 10 });
  await setCluster(cluster.catalog, 'us', { status: 'closed', actor: 'test' });
  expect(await placeOf(await reserve({ cluster: 'eu' }))).toBe('eu');
  const before = await cluster.catalog.selectFrom('tenants').select('id').execute();
  await expect(reserve({ cluster: 'eu' })).rejects.toMatchObject({
    code: 'CLUSTER_FULL',
    reason: 'eu has 1 of 1',
    next: 'tenantry cluster set eu --capacity NUMBER',
  });
  await expect(reserve({ cluster: 'us' })).rejects.toMatchObject({ reason: 'us is closed' });
  await expect(reserve({ cluster: 'ap' })).rejects.toMatchObject({
    code: 'CLUSTER_NOT_FOUND',
    known: ['eu', 'main', 'us'],
  });
  expect(await cluster.catalog.selectFrom('tenants').select('id').execute()).toEqual(before);
});

test('tenants that share tables are where the tables are, and cannot be put elsewhere', async () => {
  await limit({ main: 100, eu: 3, us: 3 });
  const shared = { isolation: 'table', pool: 'free' };
  expect(await placeOf(await reserve({ ...shared, cluster: 'eu' }))).toBe('eu');
  expect(await placeOf(await reserve(shared))).toBe('eu');
  await expect(reserve({ ...shared, cluster: 'us' })).rejects.toMatchObject({
    code: 'TENANT_INPUT_INVALID',
    field: 'cluster',
  });
  expect(await placeOf(await reserve(shared))).toBe('eu');
  await expect(reserve(shared)).rejects.toMatchObject({ code: 'CLUSTER_FULL', cluster: 'eu' });
});

test('the first tenants of a pool, made at once, are all on one cluster', async () => {
  await limit({ main: 10, eu: 10, us: 10 });
  const ids = await Promise.all(
    Array.from({ length: 8 }, () => reserve({ isolation: 'table', pool: 'fresh' })),
  );
  expect(new Set(await Promise.all(ids.map(placeOf))).size).toBe(1);
});

test('a tenant without tables takes no place', async () => {
  const id = await reserve({ isolation: 'cache' });
  expect(await placeOf(id)).toBe(homeClusterId);
  expect(await countTenants()).toEqual({ main: 0, eu: 0, us: 0 });
});

test('a tenant that was recorded or failed keeps its place, unless another one is asked for', async () => {
  await limit({ main: 10, eu: 10, us: 0 });
  const request = requestOf({ cluster: 'eu' });
  const { cluster: _, ...elsewhere } = request;
  const id = await recordTenant(cluster.catalog, request);
  await limit({ eu: 1 });
  expect(await reserveTenant(cluster.catalog, elsewhere, 'first')).toBe(id);
  expect(await placeOf(id)).toBe('eu');
  await cluster.catalog.updateTable('tenants').set({ status: 'failed' }).execute();
  await reserveTenant(cluster.catalog, { ...request, cluster: 'main' }, 'second');
  expect([await placeOf(id), await countTenants()]).toEqual(['main', { main: 1, eu: 0, us: 0 }]);
});

test('a deleted tenant leaves its place', async () => {
  await limit({ main: 1 });
  await reserve();
  await expect(reserve()).rejects.toMatchObject({ code: 'CLUSTER_FULL' });
  await cluster.catalog.updateTable('tenants').set({ status: 'deleted' }).execute();
  expect(await placeOf(await reserve())).toBe('main');
});

function rowsOf(many: number, more: Record<string, unknown> = {}) {
  return Array.from({ length: many }, (_, index) => ({
    line: index + 1,
    request: requestOf(more),
  }));
}

test('the tenants of one list spread over the clusters, or none is claimed when one has no place', async () => {
  await limit({ main: 4, eu: 2, us: 2 });
  const refused = await openCreation(cluster.catalog, rowsOf(9), { actor: 'test' });
  expect(refused).toMatchObject({
    status: 'refused',
    problems: [{ field: 'cluster', isTaken: false }],
  });
  expect(await countTenants()).toEqual({ main: 0, eu: 0, us: 0 });
  const opened = await openCreation(cluster.catalog, rowsOf(8), { actor: 'test' });
  expect(opened).toMatchObject({ status: 'open', total: 8 });
  expect(await countTenants()).toEqual({ main: 4, eu: 2, us: 2 });
});

test('a deployment changes nothing of what an operator set', async () => {
  await limit({ eu: 7 });
  await setCluster(cluster.catalog, 'eu', { concurrency: 3, status: 'closed', actor: 'test' });
  const resourceArn = 'arn:aws:rds:us-east-1:000000000000:cluster:eu';
  await upsertCluster(cluster.catalog, { id: 'eu', resourceArn, database: 'tenantry' });
  expect(await listClusterViews(cluster.catalog)).toContainEqual(
    expect.objectContaining({ id: 'eu', capacity: 7, concurrency: 3, status: 'closed' }),
  );
  const taken = { id: 'other', resourceArn, database: 'tenantry' };
  await expect(upsertCluster(cluster.catalog, taken)).rejects.toMatchObject({
    code: 'CLUSTER_EXISTS',
    cluster: 'eu',
  });
});
