import {
  findCustomerDatabase,
  findRoute,
  getTenant,
  listOwnDatabases,
  markTenantFailed,
  noteCustomerDatabase,
  openCreation,
  parseHost,
  recordCustomerDatabase,
  reserveTenant,
  activateTenant,
  type CreateTenantRequest,
  type CustomerDatabase,
  type TenantId,
} from '@tenantry/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';
import { customerPlaces } from './customer-places.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => await cluster?.close());

function databaseNamed(name: string, more: Partial<CustomerDatabase> = {}): CustomerDatabase {
  const adminSecretArn = 'arn:aws:secretsmanager:admin';
  const place = { host: 'db.example.com', port: 6432, tls: 'verify', user: 'app' } as const;
  return { ...place, name, adminSecretArn, isNew: true, ...more };
}

function requestFor(slug: string, database?: CustomerDatabase): CreateTenantRequest {
  return {
    slug,
    name: slug,
    isolation: 'database',
    domain: `${slug}.tenants.test`,
    ...(database && { database }),
    fields: {},
    migrate: true,
    actor: 'test',
  };
}

async function fail(execution: string): Promise<void> {
  const failure = { step: 'provision', error: 'Error', sqlstate: null, message: 'no' };
  await markTenantFailed(cluster.catalog, execution, failure);
}

test("a tenant is routed to its customer's server, is shown there, and has no database on the cluster", async () => {
  const { catalog } = cluster;
  const database = databaseNamed('routed', { tlsCa: 'PEM' });
  const id = await reserveTenant(catalog, requestFor('routed', database), 'routed-1');
  const secretArn = 'arn:aws:secretsmanager:tenant';
  await activateTenant(catalog, id, { actor: 'test', secretArn, migrated: null });
  expect(await findRoute(catalog, parseHost('routed.tenants.test'))).toMatchObject({
    secretArn,
    database: 'routed',
    server: { host: 'db.example.com', port: 6432, tls: 'verify', tlsCa: 'PEM' },
  });
  const { host, port, tls, user, adminSecretArn } = database;
  expect((await getTenant(catalog, 'routed')).database).toEqual({
    name: 'routed',
    server: { host, port, tls, user, secretArn: adminSecretArn },
  });
  expect(await listOwnDatabases(catalog, 'main')).toEqual([]);
});

test('a failed attempt that reached a server must be taken away there before the tenant goes elsewhere', async () => {
  const { catalog } = cluster;
  const first = databaseNamed('first');
  const id = await reserveTenant(catalog, requestFor('moving', first), 'moving-1');
  await noteCustomerDatabase(catalog, id, { isBegun: true, isOurs: true });
  await fail('moving-1');
  for (const request of [requestFor('moving', databaseNamed('other')), requestFor('moving')]) {
    await expect(reserveTenant(catalog, request, 'moving-2')).rejects.toMatchObject({
      code: 'TENANT_INPUT_INVALID',
      next: `tenantry tenant delete ${id}`,
    });
  }
  const rows = [{ line: 1, request: { ...requestFor('moving'), isolation: 'schema' } }];
  expect(await openCreation(catalog, rows, { actor: 'test' })).toMatchObject({
    status: 'refused',
    problems: [{ line: 1, field: 'slug' }],
  });
  const again = databaseNamed('first', { adminSecretArn: 'arn:aws:secretsmanager:newer' });
  expect(await reserveTenant(catalog, requestFor('moving', again), 'moving-3')).toBe(id);
  expect(await findCustomerDatabase(catalog, id)).toEqual({
    ...again,
    migratorSecretArn: null,
    isBegun: true,
    isOurs: true,
  });
});

test('an attempt that reached no server leaves the tenant free to go elsewhere', async () => {
  const { catalog } = cluster;
  const id = await reserveTenant(catalog, requestFor('free', databaseNamed('typo')), 'free-1');
  await fail('free-1');
  await reserveTenant(catalog, requestFor('free', databaseNamed('right')), 'free-2');
  expect(await findCustomerDatabase(catalog, id)).toMatchObject({ name: 'right' });
  await fail('free-2');
  await reserveTenant(catalog, requestFor('free'), 'free-3');
  expect(await findCustomerDatabase(catalog, id)).toBeUndefined();
});

test('one database holds one tenant, also when two come at the same moment', async () => {
  const { catalog } = cluster;
  const database = databaseNamed('contested');
  const claims = ['one', 'two'].map((slug) =>
    reserveTenant(catalog, requestFor(slug, database), `${slug}-1`),
  );
  const settled = await Promise.allSettled(claims);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const id = await reserveTenant(catalog, requestFor('late'), 'late-1');
  await expect(recordCustomerDatabase(catalog, id, database)).rejects.toMatchObject({
    code: 'TENANT_INPUT_INVALID',
    message: expect.stringContaining('is the database of tenant'),
  });
});

/** Places whose secrets are only written down when they are deleted. */
function openPlaces(deleteSecret: (arn: string) => void = () => undefined) {
  const deleted: string[] = [];
  const places = customerPlaces({
    catalog: cluster.catalog,
    readCredentials: async () => await Promise.reject(new Error('nobody logs in')),
    deleteSecret: async (arn) => {
      deleteSecret(arn);
      deleted.push(arn);
      await Promise.resolve();
    },
  });
  return { places, deleted };
}

async function reserve(slug: string, adminSecretArn: string): Promise<TenantId> {
  const request = requestFor(slug, databaseNamed(slug, { adminSecretArn }));
  return await reserveTenant(cluster.catalog, request, `${slug}-1`);
}

test('a creation that fails before anything is at the server keeps neither the place nor its login', async () => {
  const { places, deleted } = openPlaces();
  const id = await reserve('early', 'arn:aws:secretsmanager:early');
  await places.release(id);
  await places.release(id);
  expect(deleted).toEqual(['arn:aws:secretsmanager:early']);
  expect(await findCustomerDatabase(cluster.catalog, id)).toBeUndefined();
});

test('one that has begun at the server keeps its login, until what it made there is gone', async () => {
  const { places, deleted } = openPlaces();
  const id = await reserve('begun', 'arn:aws:secretsmanager:begun');
  await noteCustomerDatabase(cluster.catalog, id, { isBegun: true });
  await places.release(id);
  expect(deleted).toEqual([]);
  expect(await findCustomerDatabase(cluster.catalog, id)).toMatchObject({ isBegun: true });
});

test('a login that two tenants were given is deleted with the last of them, also when both go at once', async () => {
  const { places, deleted } = openPlaces();
  const shared = 'arn:aws:secretsmanager:shared';
  const ids = await Promise.all(
    ['one-of-three', 'two-of-three', 'last'].map((slug) => reserve(slug, shared)),
  );
  await places.leave(ids[0] as TenantId);
  expect(deleted).toEqual([]);
  await Promise.all(ids.slice(1).map((id) => places.leave(id)));
  expect(deleted).toEqual([shared]);
});

test('a place is remembered until the secret of its login is deleted', async () => {
  let isDown = true;
  const { places, deleted } = openPlaces(() => {
    if (isDown) throw new Error('Secrets Manager is down');
  });
  const id = await reserve('kept', 'arn:aws:secretsmanager:kept');
  await expect(places.leave(id)).rejects.toThrow('Secrets Manager is down');
  expect(await findCustomerDatabase(cluster.catalog, id)).toMatchObject({ name: 'kept' });
  isDown = false;
  await places.leave(id);
  expect(deleted).toEqual(['arn:aws:secretsmanager:kept']);
});
