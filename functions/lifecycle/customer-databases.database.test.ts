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
} from '@tenantry/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';

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
