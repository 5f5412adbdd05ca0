export { attackCache, type CacheAttackResult } from './attack-cache.ts';
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
