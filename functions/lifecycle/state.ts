import { parseTenantId, type TenantId } from '@tenantry/tenancy';

/** The tenant's id in a workflow's state; throws `TenantInputError` where an earlier step should have put it. */
export function tenantIdOf(state: { readonly tenantId?: string }): TenantId {
  return parseTenantId(state.tenantId);
}
