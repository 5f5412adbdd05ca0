import {
  parsePoolName,
  parseTenantId,
  type DeleteTenantState,
  type PlacedState,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';

/** The tenant's id in a workflow's state; throws `TenantInputError` where an earlier step should have put it. */
export function tenantIdOf(state: { readonly tenantId?: string }): TenantId {
  return parseTenantId(state.tenantId);
}

/** The ARN of the tenant's secret; throws `TypeError` before it is stored. */
export function secretArnOf({ secretArn }: PlacedState): string {
  if (secretArn === undefined) throw new TypeError('the secret is not stored yet');
  return secretArn;
}

/** Whether the tenant has, or gets, tables with a login for them; one of isolation `cache` does not. */
export function hasTablesIn({ request }: PlacedState): boolean {
  return request.isolation !== 'cache';
}

/** The state of a workflow, in which the tenant's isolation is. */
export type IsolatedState = { readonly tenantId?: string } & (
  | Pick<PlacedState, 'request'>
  | Pick<DeleteTenantState, 'isolation'>
);

/** Whether the tenant has, or gets, a cluster and an application of its own. */
export function isDedicated(state: IsolatedState): boolean {
  return ('request' in state ? state.request.isolation : state.isolation) === 'dedicated';
}

/** The pool that the tenant is in, or joins, or null where it has tables of its own. */
export function poolOf({ request }: PlacedState): PoolName | null {
  return request.pool === undefined ? null : parsePoolName(request.pool);
}
