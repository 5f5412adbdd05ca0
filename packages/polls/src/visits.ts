import type { TenantCache } from '@tenantry/cache';

const key = 'visits';
/** A day in seconds: then counting begins anew. */
const ttlSeconds = 86_400;

/** Counts a visit of the tenant's pages and gives the count. */
export async function countVisit(cache: TenantCache): Promise<number> {
  return await cache.increment(key, 1, { ttlSeconds });
}

/** The visits counted since the count began. */
export async function findVisits(cache: TenantCache): Promise<number> {
  return (await cache.get<number>(key)) ?? 0;
}
