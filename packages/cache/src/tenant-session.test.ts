import { STSClient } from '@aws-sdk/client-sts';
import { openTestCache, type TestCache } from '@tenantry/local';
import { newTenantId } from '@tenantry/tenancy';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  test,
  vi,
  type MockInstance,
} from 'vitest';
import { createTenantCaches, type TenantCaches } from './index.ts';

let services: TestCache;
let openCache: TenantCaches;
let sent: MockInstance<STSClient['send']>;
const assumed = () => sent.mock.calls.map(([command]) => command.input);

beforeAll(async () => {
  services = await openTestCache();
});
afterAll(async () => await services?.close());
beforeEach(() => {
  const { place, tableName, roleArn } = services;
  openCache = createTenantCaches({ ...place, tableName, roleArn });
  sent = vi.spyOn(STSClient.prototype, 'send');
});
afterEach(() => {
  vi.useRealTimers();
});

test('a tenant has one session however much is asked at once, and it is tagged with the tenant alone', async () => {
  const id = newTenantId();
  const cache = openCache(id);
  await Promise.all([cache.get('a'), cache.set('b', 1), cache.increment('c'), cache.list()]);
  await cache.get('a');
  expect(assumed()).toEqual([
    {
      RoleArn: services.roleArn,
      RoleSessionName: `tenant-${id}`,
      Tags: [{ Key: 'tenant', Value: id }],
    },
  ]);
});

test('nobody is asked for a session before a cache is used', async () => {
  openCache(newTenantId());
  const used = openCache(newTenantId());
  expect(assumed()).toEqual([]);
  await used.get('a');
  expect(assumed()).toHaveLength(1);
});

test('a session is renewed before it ends', async () => {
  const cache = openCache(newTenantId());
  await cache.set('key', 'kept');
  const begin = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: begin + 50 * 60_000 });
  expect(await cache.get('key')).toBe('kept');
  expect(assumed()).toHaveLength(1);
  vi.setSystemTime(begin + 61 * 60_000);
  expect(await cache.get('key')).toBe('kept');
  expect(await cache.increment('count')).toBe(1);
  expect(assumed()).toHaveLength(2);
});

test('what is no id of a tenant opens no cache', () => {
  expect(() => openCache('acme' as never)).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID' }),
  );
});
