import { parseTenantId, type TenantId } from '@tenantry/tenancy';
import { TableCache } from './table-cache.ts';
import type { TenantCache } from './tenant-cache.ts';
import type { CachePlace, CacheTableAddress } from './tenant-clients.ts';

/** Where all tenants' caches are. */
export interface TenantCachesOptions extends CacheTableAddress, CachePlace {
  /** Milliseconds since 1970, for tests. @default Date.now */
  readonly now?: () => number;
}

/** Opens the cache of a tenant; keep what it gives, because it holds the tenant's credentials. */
export type TenantCaches = (tenantId: TenantId) => TenantCache;

/**
 * Opens tenants' caches in one DynamoDB table. Each works with credentials of its own, got from STS for a role whose policy admits
 * the keys of the tenant that the session is tagged with; whoever calls this needs no right on the table itself. Nobody is
 * asked for them before a cache's first use.
 *
 * @example
 * const openCache = createTenantCaches({ tableName, roleArn });
 * const cache = openCache(tenant.id);
 * const visits = await cache.increment('visits', 1, { ttlSeconds: 3600 });
 */
export function createTenantCaches(options: TenantCachesOptions): TenantCaches {
  const { tableName, roleArn, now = Date.now, ...place } = options;
  // The clients are loaded with the first use: a function that starts for a request without a cache does not wait for them.
  const getTables = once(async () => {
    const { createTenantTables } = await import('./tenant-clients.ts');
    return createTenantTables({ tableName, roleArn }, place);
  });
  return (tenantId) => {
    const id = parseTenantId(tenantId);
    return new TableCache(
      once(async () => (await getTables())(id)),
      now,
    );
  };
}

function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | undefined;
  return () => (made ??= { result: make() }).result;
}
