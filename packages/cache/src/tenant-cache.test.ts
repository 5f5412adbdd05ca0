import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openTestCache, type TestCache } from '@tenantry/local';
import { newTenantId } from '@tenantry/tenancy';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createTenantCaches, type TenantCache, type TenantCaches } from './index.ts';

let services: TestCache;
let openCache: TenantCaches;
let cache: TenantCache;
let time = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  services = await openTestCache();
  const { place, tableName, roleArn } = services;
  openCache = createTenantCaches({ ...place, tableName, roleArn, now: () => time });
});
afterAll(async () => await services?.close());
beforeEach(() => {
  cache = openCache(newTenantId());
});

const pass = (seconds: number) => {
  time += seconds * 1000;
};

test.each([
  ['text', 'Grüße 👋'],
  ['empty text', ''],
  ['a whole number', -42],
  ['a large number', Number.MAX_SAFE_INTEGER],
  ['a fraction', 0.1],
  ['a tiny number', 5e-324],
  ['a huge number', 1.7e308],
  ['truth', false],
  ['null', null],
  ['a list', [1, 'two', { three: [null] }]],
  ['an object', { __proto__x: 1, constructor: 'x', nested: { a: [] } }],
])('what was set is read back: %s', async (_, value) => {
  await cache.set('key', value);
  expect(await cache.get('key')).toEqual(value);
});

test('a key that was never set, or deleted, has no value', async () => {
  expect(await cache.get('key')).toBeUndefined();
  await cache.set('key', 1);
  await cache.delete('key');
  await cache.delete('key');
  expect(await cache.get('key')).toBeUndefined();
});

test('two tenants have the same key, and each its own value', async () => {
  const other = openCache(newTenantId());
  await cache.set('key', 'mine');
  await other.set('key', 'theirs');
  await cache.increment('count', 5);
  expect(await other.increment('count')).toBe(1);
  expect([await cache.get('key'), await other.get('key')]).toEqual(['mine', 'theirs']);
  await other.clear();
  expect([await cache.get('key'), await other.get('key')]).toEqual(['mine', undefined]);
  expect((await other.list()).entries).toEqual([]);
});

test('a value is read within its time to live and never after it', async () => {
  await cache.set('short', 'here', { ttlSeconds: 10 });
  await cache.set('long', 'here');
  pass(9.9);
  expect(await cache.get('short')).toBe('here');
  pass(1.1);
  expect(await cache.get('short')).toBeUndefined();
  expect((await cache.list()).entries.map(({ key }) => key)).toEqual(['long']);
});

test('setting a value anew gives it the new time to live', async () => {
  await cache.set('key', 1, { ttlSeconds: 1 });
  await cache.set('key', 2);
  pass(100);
  expect(await cache.get('key')).toBe(2);
});

test('of many counts at once none is lost', async () => {
  const sums = await Promise.all(Array.from({ length: 40 }, () => cache.increment('visits')));
  expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  expect(await cache.get('visits')).toBe(40);
});

test('a count goes by any whole step, and on from a value that was set', async () => {
  await cache.set('stock', 10);
  expect(await cache.increment('stock', -3)).toBe(7);
  expect(await cache.increment('stock', 0)).toBe(7);
});

test('the time of a count begins with the first one; past it counting begins anew', async () => {
  const daily = { ttlSeconds: 60 };
  expect(await cache.increment('visits', 1, daily)).toBe(1);
  pass(50);
  expect(await cache.increment('visits', 1, daily)).toBe(2);
  pass(11);
  const again = await Promise.all([1, 2, 3].map(() => cache.increment('visits', 1, daily)));
  expect(again.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  pass(59);
  expect(await cache.get('visits')).toBe(3);
  pass(2);
  expect(await cache.increment('visits')).toBe(1);
  pass(1000);
  expect(await cache.get('visits')).toBe(1);
});

test('what is no whole number cannot be counted, unless its time is over', async () => {
  await cache.set('name', 'x', { ttlSeconds: 5 });
  await expect(cache.increment('name')).rejects.toThrow(TypeError);
  expect(await cache.get('name')).toBe('x');
  pass(7);
  expect(await cache.increment('name')).toBe(1);
});

test('of many who ask for a missing value, one makes it, and each gets a copy', async () => {
  let made = 0;
  const make = async () => {
    made += 1;
    return { items: ['a'] };
  };
  const values = await Promise.all([1, 2, 3, 4].map(() => cache.getOrSet('list', make)));
  values[0]?.items.push('changed');
  expect(values[1]).toEqual({ items: ['a'] });
  expect(await cache.getOrSet('list', make)).toEqual({ items: ['a'] });
  expect(made).toBe(1);
});

test('a value that cannot be made is not kept, and the next one may try', async () => {
  const fail = async () => await Promise.reject(new Error('down'));
  const both = await Promise.allSettled([cache.getOrSet('key', fail), cache.getOrSet('key', fail)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await cache.getOrSet('key', async () => 'made', { ttlSeconds: 5 })).toBe('made');
  pass(7);
  expect(await cache.getOrSet('key', async () => 'made again')).toBe('made again');
});

test('keys are listed by prefix in their order, page by page', async () => {
  const keys = ['a', 'b:1', 'b:10', 'b:2', 'b:é', 'c'];
  await Promise.all(keys.map((key) => cache.set(key, key.length)));
  await cache.set('b:old', 1, { ttlSeconds: 1 });
  pass(3);
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await cache.list({ prefix: 'b:', limit: 3, ...(cursor && { cursor }) });
    expect(page.entries.length).toBeLessThanOrEqual(3);
    found.push(...page.entries.map(({ key }) => key));
    cursor = page.next;
  } while (cursor !== undefined);
  expect(found).toEqual(['b:1', 'b:10', 'b:2', 'b:é']);
});

test('an entry of a list says its value and when it ends', async () => {
  await cache.set('key', { a: 1 }, { ttlSeconds: 60 });
  const { entries, next } = await cache.list();
  expect(entries).toEqual([{ key: 'key', value: { a: 1 }, expiresAt: expect.any(Date) as Date }]);
  const left = (entries[0]?.expiresAt?.getTime() ?? 0) - time;
  expect(left).toBeGreaterThanOrEqual(60_000);
  expect(left).toBeLessThan(61_000);
  expect(next).toBeUndefined();
});

test('a cursor of another list is refused', async () => {
  await expect(cache.list({ prefix: 'b:', cursor: 'a:1' })).rejects.toMatchObject({
    code: 'TENANT_INPUT_INVALID',
    field: 'cursor',
  });
});

test('clearing forgets all keys, those past their time too, and may be done twice', async () => {
  const keys = Array.from({ length: 230 }, (_, at) => `key-${at}`);
  await Promise.all(keys.map((key) => cache.set(key, key, { ttlSeconds: 1 })));
  pass(5);
  await cache.clear();
  await cache.clear();
  time -= 5000;
  expect((await cache.list()).entries).toEqual([]);
  pass(5);
});

test.each([
  ['no bytes', ''],
  ['1025 bytes', 'ä'.repeat(512) + 'b'],
  ['half a surrogate pair', 'a\ud800'],
])('a key of %s is refused', async (_, key) => {
  const code = 'CACHE_LIMIT';
  await expect(cache.get(key)).rejects.toMatchObject({ code });
  await expect(cache.set(key, 1)).rejects.toMatchObject({ code });
  await expect(cache.delete(key)).rejects.toMatchObject({ code });
  await expect(cache.increment(key)).rejects.toMatchObject({ code });
  await expect(cache.getOrSet(key, async () => 1)).rejects.toMatchObject({ code });
});

test.each(['x'.repeat(1024), '../../x', 'a\u0000b', ' ', '#tenant', ':tenant', '{"S":"x"}'])(
  'any other text is a key: %j',
  async (key) => {
    await cache.set(key, key);
    expect(await cache.get(key)).toBe(key);
    expect((await cache.list({ prefix: key })).entries).toHaveLength(1);
  },
);

test('a value as large as an item may be is kept, one byte more is refused before it is sent', async () => {
  const key = 'k'.repeat(1024);
  const largest = 409_600 - 100 - 1024 - '""'.length;
  await cache.set(key, 'x'.repeat(largest), { ttlSeconds: 60 });
  expect(await cache.get<string>(key)).toHaveLength(largest);
  await expect(cache.set(key, 'x'.repeat(largest + 1))).rejects.toMatchObject({
    code: 'CACHE_LIMIT',
    next: expect.stringContaining('split') as string,
  });
});

test.each([
  ['nothing', async () => await cache.set('key', undefined)],
  ['a function', async () => await cache.set('key', () => 1)],
  ['a bigint', async () => await cache.set('key', 1n)],
  ['no lifetime', async () => await cache.set('key', 1, { ttlSeconds: 0 })],
  ['a fraction of a second', async () => await cache.set('key', 1, { ttlSeconds: 0.5 })],
  ['a fraction to count', async () => await cache.increment('key', 0.5)],
  ['too long a page', async () => await cache.list({ limit: 1001 })],
])('misuse is a TypeError: %s', async (_, misuse) => {
  await expect(misuse()).rejects.toThrow(TypeError);
  expect(await cache.get('key')).toBeUndefined();
});

test('a cache out of reach says so, and that trying again helps', async () => {
  const { tableName, roleArn, place } = services;
  const away = createTenantCaches({
    ...place,
    tableName,
    roleArn,
    endpoint: 'http://127.0.0.1:1',
  });
  await expect(away(newTenantId()).get('key')).rejects.toMatchObject({
    code: 'CACHE_UNAVAILABLE',
    next: expect.any(String) as string,
  });
});

test('a cache that takes a call and never answers is given up', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { tableName, roleArn, place } = services;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mute = createTenantCaches({ ...place, tableName, roleArn, endpoint, timeoutMs: 20 });
  await expect(mute(newTenantId()).increment('key')).rejects.toMatchObject({
    code: 'CACHE_UNAVAILABLE',
  });
});
