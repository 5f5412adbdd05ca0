import type { PoolView } from '@tenantry/tenancy';
import { countOf } from './count-of.ts';

/** Whose tables are meant when a tenant shares them, ready to stand behind its name; empty for a tenant with tables of its own. */
export function describePool(pool: PoolView | null): string {
  return pool === null
    ? ''
    : ` · pool ${pool.name}, which ${countOf(pool.tenants, 'tenant')} share`;
}
