/** A value as the table keeps it: a whole number by itself, so that it can be counted up, all else as JSON. */
export type StoredValue = number | { readonly json: string };

/** One value of a tenant in the table. */
export interface CacheItem {
  readonly key: string;
  readonly value: StoredValue;
  /** Seconds since 1970; undefined for a value that stays. */
  readonly expiresAt: number | undefined;
}

/** A step of counting: what to add, and the time by which the count before is over. */
export interface CountStep {
  readonly by: number;
  /** Seconds since 1970. */
  readonly now: number;
  /** When a count that begins now ends, in seconds since 1970; undefined for one that does not. */
  readonly expiresAt: number | undefined;
}

/** Which items to read. */
export interface PageRequest {
  readonly prefix: string;
  readonly limit: number;
  /** The key after which the page begins. */
  readonly after: string | undefined;
  /** Items that ended by then are left out; seconds since 1970. */
  readonly now: number;
}

/** One tenant's items, read and written with that tenant's credentials. Items past their time are still there until they are removed. */
export interface CacheTable {
  find(key: string): Promise<CacheItem | undefined>;
  put(item: CacheItem): Promise<void>;
  remove(key: string): Promise<void>;
  /** Adds to an item's number; past its time the number begins anew. */
  count(key: string, step: CountStep): Promise<number>;
  /** Items in the order of their keys, and the key after which more may follow. */
  page(request: PageRequest): Promise<{ items: readonly CacheItem[]; last: string | undefined }>;
  /** Removes all items; none is left when it returns. */
  removeAll(): Promise<void>;
}
