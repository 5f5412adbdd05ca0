import {
  parsePoolName,
  parseTenantId,
  type CreateTenantState,
  type DeleteTenantState,
  type PoolName,
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

/** Whether the tenant that is being made gets tables, with a login for them; one of isolation `cache` does not. */
export function hasTablesIn({ request }: CreateTenantState): boolean {
  return request.isolation !== 'cache';
}

/** The state of a workflow, in which the tenant's isolation is. */
export type IsolatedState = { readonly tenantId?: string } & (
  | Pick<CreateTenantState, 'request'>
  | Pick<DeleteTenantState, 'isolation'>
);

/** Whether the tenant has, or gets, a cluster and an application of its own. */
export function isDedicated(state: IsolatedState): boolean {
  return ('request' in state ? state.request.isolation : state.isolation) === 'dedicated';
}

/** The pool that the tenant being made joins, or null where it gets tables of its own. */
export function poolOf({ request }: CreateTenantState): PoolName | null {
  return request.pool === undefined ? null : parsePoolName(request.pool);
}
