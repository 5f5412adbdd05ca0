import { createTenantCaches, type TenantCaches } from '@tenantry/cache';

/** Opens tenants' caches where the function's environment says they are. */
export function openCaches(environment: {
  readonly cacheTableName: string;
  readonly cacheRoleArn: string;
}): TenantCaches {
  const { cacheTableName, cacheRoleArn } = environment;
  return createTenantCaches({ tableName: cacheTableName, roleArn: cacheRoleArn });
}
