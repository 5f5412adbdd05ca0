import type { TenantCaches } from '@tenantry/cache';
import { parseTenantId, type DeleteTenantState } from '@tenantry/tenancy';

/** The step of worker `tenant` that takes a tenant's cache away, with the tenant's own rights on it. */
export function cacheSteps(openCache: TenantCaches) {
  return {
    async 'clear-cache'(state: DeleteTenantState) {
      await openCache(parseTenantId(state.tenantId)).clear();
      return state;
    },
  };
}
