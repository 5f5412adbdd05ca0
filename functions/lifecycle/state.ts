import {
  ownDatabaseOf,
  parseIsolation,
  parseTenantId,
  type CreateTenantState,
  type TenantId,
} from '@tenantry/tenancy';

/** The tenant's id in a workflow's state; throws `TenantInputError` where an earlier step should have put it. */
export function tenantIdOf(state: { readonly tenantId?: string }): TenantId {
  return parseTenantId(state.tenantId);
}

/** The ARN of the tenant's secret; throws `TypeError` before it is stored. */
export function secretArnOf({ secretArn }: CreateTenantState): string {
  if (secretArn === undefined) throw new TypeError('the secret is not stored yet');
  return secretArn;
}

/** The database that only the tenant being made has, or null where it shares the cluster's. */
export function databaseOf(state: CreateTenantState): string | null {
  return ownDatabaseOf(parseIsolation(state.request.isolation), tenantIdOf(state));
}
