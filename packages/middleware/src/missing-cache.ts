import type { TenantCache } from '@tenantry/cache';

/** The cache of an API that has none: every use says so. */
export const missingCache: TenantCache = {
  get: refuse,
  set: refuse,
  delete: refuse,
  getOrSet: refuse,
  increment: refuse,
  list: refuse,
  clear: refuse,
};

async function refuse(): Promise<never> {
  throw new TypeError(
    'there is no cache here: give the tenant middleware the option "cache", as in cache: createTenantCaches({ tableName, roleArn })',
  );
}
