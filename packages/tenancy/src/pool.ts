import { TenantInputError } from './errors.ts';

/** A set of tables that tenants of isolation `table` share: one schema on one cluster, named by the operator. */
export type PoolName = string & { readonly __brand: 'PoolName' };

/** The pool that a tenant of isolation `table` joins when none is named. */
export const defaultPool = 'main' as PoolName;

const pattern = /^[a-z][a-z0-9]{0,19}$/;

/** The pool's name in `value`; throws `TenantInputError` when it is none. */
export function parsePoolName(value: unknown): PoolName {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new TenantInputError(
      'pool',
      "a pool's name is 1 to 20 characters of a-z and 0-9 and begins with a letter",
    );
  }
  return value as PoolName;
}

/** The pool's schema, `p_<pool>`, and the role of the same name whose members are the pool's tenants. */
export function poolSchemaOf(pool: PoolName): string {
  return `p_${parsePoolName(pool)}`;
}

/** The role that owns a pool's tables and cannot log in, `po_<pool>`. Rows that are its own are what each new tenant begins with. */
export function poolOwnerOf(pool: PoolName): string {
  return `po_${parsePoolName(pool)}`;
}
