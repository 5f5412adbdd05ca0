export {
  createTenantCaches,
  type TenantCaches,
  type TenantCachesOptions,
} from './create-tenant-caches.ts';
export type {
  CacheEntry,
  CacheLifetime,
  CacheListOptions,
  CachePage,
  TenantCache,
} from './tenant-cache.ts';
