import { IsolationUnknownError } from './errors.ts';
import { printable } from './printable.ts';
import { schemaNameOf, type SchemaName, type TenantId } from './tenant-id.ts';

/** How a tenant's data is kept apart from all others. */
export type Isolation = 'schema' | 'database' | 'table' | 'cache' | 'dedicated';

/** Each isolation type with its trade-off in one sentence. */
export const isolationTypes = {
  schema: {
    tradeOff:
      'own schema and role in a shared database; recommended, created in well under a second',
  },
  database: {
    tradeOff: 'own database; stronger walls, more connections, about 8 MB each',
  },
  table: {
    tradeOff: 'shared tables with row-level security; densest, migrated together, least separate',
  },
  cache: {
    tradeOff: 'no SQL data, only a cache of its own name space; nothing to migrate, cheapest',
  },
  dedicated: {
    tradeOff:
      'own cluster and own application; complete separation, some minutes to launch, costs most',
  },
} as const satisfies Record<Isolation, { tradeOff: string }>;

/** The isolation types, the recommended one first. */
export const isolations = Object.keys(isolationTypes) as readonly Isolation[];

/** The name of the database that only this tenant has, or null where it shares the one of its cluster. */
export function ownDatabaseOf(isolation: Isolation, id: TenantId): SchemaName | null {
  return isolation === 'database' ? schemaNameOf(id) : null;
}

/** The isolation in `value`; throws `IsolationUnknownError`, which lists the valid ones. */
export function parseIsolation(value: unknown): Isolation {
  if (isolations.includes(value as Isolation)) return value as Isolation;
  throw new IsolationUnknownError(printable(String(value)), isolations);
}
