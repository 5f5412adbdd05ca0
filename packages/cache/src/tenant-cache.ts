/** How long a value is kept. */
export interface CacheLifetime {
  /**
   * Whole seconds after which the value is never read again.
   * @default - it stays until it is deleted
   */
  readonly ttlSeconds?: number;
}

/** Which values `list` gives. */
export interface CacheListOptions {
  /** What the keys begin with. @default '' */
  readonly prefix?: string;
  /** Values at most, 1 to 1000. @default 100 */
  readonly limit?: number;
  /** `next` of the page before. @default - the first page */
  readonly cursor?: string;
}

/** A value and the key it is kept under. */
export interface CacheEntry {
  readonly key: string;
  readonly value: unknown;
  /** Undefined for a value that stays until it is deleted. */
  readonly expiresAt: Date | undefined;
}

/** Some of a cache's values in the order of their keys' bytes. */
export interface CachePage {
  readonly entries: readonly CacheEntry[];
  /** The `cursor` of the following page, which may be empty; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * A tenant's own cache: no key of it is another tenant's, whatever it says, and the credentials behind it reach this tenant's values only.
 *
 * Values are JSON of up to about 400 KB, keys are 1 to 1024 bytes of UTF-8. A value that was set is read at once and by everybody. A
 * value past its time is never read, and lives up to a second longer than asked for. All methods throw `CacheLimitError` for a key or value
 * beyond the limits, `CacheUnavailableError` when the cache does not answer, and `TypeError` for what is no JSON or no sensible option.
 */
export interface TenantCache {
  /** The value of a key, or undefined. Whether it has the asked-for type nobody has checked. */
  get<Value = unknown>(key: string): Promise<Value | undefined>;
  /** Keeps a value in place of what was there, its time to live included. */
  set(key: string, value: unknown, lifetime?: CacheLifetime): Promise<void>;
  /** Forgets a key; one that is not there is fine. */
  delete(key: string): Promise<void>;
  /**
   * The value of a key; when there is none, what `make` gives, which is kept. In one process `make` runs once at a time for a key,
   * however many ask; another process may run it too. When it throws, all who wait get its error and nothing is kept.
   */
  getOrSet<Value>(
    key: string,
    make: () => Promise<Value>,
    lifetime?: CacheLifetime,
  ): Promise<Value>;
  /**
   * Adds to a whole number and gives the sum; a missing one counts from 0. None of several at once is lost. The time to live begins with
   * the first count and is not prolonged by later ones; past it counting begins anew. It is sent once: after `CacheUnavailableError` it may have
   * been counted or not. Throws `TypeError` when the key holds anything but a whole number.
   */
  increment(key: string, by?: number, lifetime?: CacheLifetime): Promise<number>;
  /** The values of keys that begin with a prefix, page by page. */
  list(options?: CacheListOptions): Promise<CachePage>;
  /** Forgets all keys; when it returns, none of those it met is left. */
  clear(): Promise<void>;
}
