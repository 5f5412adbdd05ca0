import { TenantHasNoTablesError, type TenantId } from '@tenantry/tenancy';
import type { TenantHandles } from './tenant-db.ts';

/** The handles of a tenant without tables: to hold them is no error, to use one throws `TenantHasNoTablesError`. */
export function openNoTables<TenantTables, SharedTables>(
  id: TenantId,
): TenantHandles<TenantTables, SharedTables> {
  const refuse = (_target: object, property: string | symbol): undefined => {
    // What a runtime asks of any value: whether it is a promise, how it is shown.
    if (typeof property === 'symbol' || property === 'then' || property === 'toJSON')
      return undefined;
    throw new TenantHasNoTablesError(id);
  };
  const handle = new Proxy({}, { get: refuse });
  return { db: handle, shared: handle } as TenantHandles<TenantTables, SharedTables>;
}
