import { TenantInputError } from '@tenantry/tenancy';
import { parseCacheKey } from './cache-key.ts';
import type { CacheItem, CacheTable, StoredValue } from './cache-table.ts';
import { fromStoredValue, toStoredValue } from './cache-value.ts';
import type { CacheLifetime, CacheListOptions, CachePage, TenantCache } from './tenant-cache.ts';

const maxLimit = 1000;

/** A tenant's cache over its table. */
export class TableCache implements TenantCache {
  readonly #getTable: () => Promise<CacheTable>;
  readonly #now: () => number;
  readonly #flights = new Map<string, Promise<StoredValue>>();

  /** `getTable` is asked at each use; `now` gives milliseconds since 1970. */
  constructor(getTable: () => Promise<CacheTable>, now: () => number) {
    this.#getTable = getTable;
    this.#now = now;
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    const value = await this.#find(parseCacheKey(key));
    return value === undefined ? undefined : (fromStoredValue(value) as Value);
  }

  async set(key: string, value: unknown, lifetime: CacheLifetime = {}): Promise<void> {
    await this.#keep(parseCacheKey(key), toStoredValue(key, value), lifetime);
  }

  async delete(key: string): Promise<void> {
    await (await this.#getTable()).remove(parseCacheKey(key));
  }

  async getOrSet<Value>(
    key: string,
    make: () => Promise<Value>,
    lifetime: CacheLifetime = {},
  ): Promise<Value> {
    endOf(lifetime, 0);
    const flight = this.#flights.get(parseCacheKey(key)) ?? this.#takeOff(key, make, lifetime);
    // Each caller gets a copy of its own: what one of them changes in it, the others do not see.
    return fromStoredValue(await flight) as Value;
  }

  async increment(key: string, by = 1, lifetime: CacheLifetime = {}): Promise<number> {
    if (!Number.isSafeInteger(by)) throw new TypeError(`only whole numbers are added, not ${by}`);
    const now = this.#seconds();
    const step = { by, now, expiresAt: endOf(lifetime, now) };
    return await (await this.#getTable()).count(parseCacheKey(key), step);
  }

  async list({ prefix = '', limit = 100, cursor }: CacheListOptions = {}): Promise<CachePage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
      throw new TypeError(`limit is 1 to ${maxLimit}, not ${String(limit)}`);
    if (prefix !== '') parseCacheKey(prefix);
    if (cursor !== undefined && !parseCacheKey(cursor).startsWith(prefix))
      throw new TenantInputError('cursor', 'this is no value of `next` of a list with this prefix');
    const request = { prefix, limit, after: cursor, now: this.#seconds() };
    const { items, last } = await (await this.#getTable()).page(request);
    return { entries: items.map(toEntry), next: last };
  }

  async clear(): Promise<void> {
    await (await this.#getTable()).removeAll();
  }

  #seconds(): number {
    return this.#now() / 1000;
  }

  async #find(key: string): Promise<StoredValue | undefined> {
    const item = await (await this.#getTable()).find(key);
    return item !== undefined && isLive(item, this.#seconds()) ? item.value : undefined;
  }

  async #keep(key: string, value: StoredValue, lifetime: CacheLifetime): Promise<void> {
    const expiresAt = endOf(lifetime, this.#seconds());
    await (await this.#getTable()).put({ key, value, expiresAt });
  }

  async #takeOff(
    key: string,
    make: () => Promise<unknown>,
    lifetime: CacheLifetime,
  ): Promise<StoredValue> {
    const flight = this.#findOrMake(key, make, lifetime);
    this.#flights.set(key, flight);
    try {
      return await flight;
    } finally {
      this.#flights.delete(key);
    }
  }

  async #findOrMake(
    key: string,
    make: () => Promise<unknown>,
    lifetime: CacheLifetime,
  ): Promise<StoredValue> {
    const known = await this.#find(key);
    if (known !== undefined) return known;
    const made = toStoredValue(key, await make());
    await this.#keep(key, made, lifetime);
    return made;
  }
}

function isLive({ expiresAt }: CacheItem, seconds: number): boolean {
  return expiresAt === undefined || expiresAt > seconds;
}

/** DynamoDB removes items by whole seconds. */
function endOf({ ttlSeconds }: CacheLifetime, seconds: number): number | undefined {
  if (ttlSeconds === undefined) return undefined;
  if (Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0) return Math.ceil(seconds + ttlSeconds);
  throw new TypeError(`ttlSeconds is a whole number from 1, not ${String(ttlSeconds)}`);
}

function toEntry({ key, value, expiresAt }: CacheItem) {
  return {
    key,
    value: fromStoredValue(value),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt * 1000),
  };
}
