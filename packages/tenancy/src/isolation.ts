import { IsolationUnknownError } from './errors.ts';
import { printable } from './printable.ts';
import { schemaNameOf, type SchemaName, type TenantId } from './tenant-id.ts';

/** How a tenant's data is kept apart from all others. */
export type Isolation = 'schema' | 'database' | 'table' | 'cache';

/** Each isolation type with its trade-off in one sentence, and whether this version provisions it. */
export const isolationTypes = {
  schema: {
    isAvailable: true,
    tradeOff:
      'own schema and role in a shared database; recommended, created in well under a second',
  },
  database: {
    isAvailable: true,
    tradeOff: 'own database; stronger walls, more connections, about 8 MB each',
  },
  table: {
    isAvailable: true,
    tradeOff: 'shared tables with row-level security; densest, migrated together, least separate',
  },
  cache: {
    isAvailable: true,
    tradeOff: 'no SQL data, only a cache of its own name space; nothing to migrate, cheapest',
  },
  dedicated: {
    isAvailable: false,
    tradeOff: 'own cluster and own functions; complete separation, costs most',
  },
} as const satisfies Record<string, { isAvailable: boolean; tradeOff: string }>;

/** The isolation types that can be chosen now. */
export const availableIsolations: readonly Isolation[] = ['schema', 'database', 'table', 'cache'];

/** The name of the database that only this tenant has, or null where it shares the one of its cluster. */
export function ownDatabaseOf(isolation: Isolation, id: TenantId): SchemaName | null {
  return isolation === 'database' ? schemaNameOf(id) : null;
}

/** The isolation in `value`; throws `IsolationUnknownError`, which lists the valid ones. */
export function parseIsolation(value: unknown): Isolation {
  if (availableIsolations.includes(value as Isolation)) return value as Isolation;
  const isKnown = typeof value === 'string' && Object.hasOwn(isolationTypes, value);
  throw new IsolationUnknownError(
    printable(String(value)),
    availableIsolations,
    isKnown ? 'is not available in this version' : 'is not an isolation type',
  );
}
