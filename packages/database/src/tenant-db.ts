import { Kysely, type Dialect } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type { AccessMode, IsolationLevel } from 'kysely';
import type { ColumnTypes } from './data-api/column-types.ts';
import { sharedTablesDialect } from './shared-tables/shared-tables-dialect.ts';
import { SharedTablesPlugin } from './shared-tables/shared-tables-plugin.ts';

/** What would lead out of the tenant's schema, or change the query builder under everybody's feet. */
type Closed =
  | 'withSchema'
  | 'withoutPlugins'
  | 'withPlugin'
  | 'withTables'
  | 'connection'
  | 'schema'
  | 'introspection'
  | 'getExecutor'
  | 'transaction'
  | 'startTransaction'
  | 'destroy'
  | '$extendTables';

/**
 * A tenant's own tables. It is Kysely without what a tenant's code has no business with: other schemas, DDL, raw connections,
 * plug-ins. The walls themselves stand in PostgreSQL; this type only makes the wrong thing fail to compile.
 */
export interface TenantDb<Tables> extends Omit<
  Kysely<Tables>,
  Closed | typeof Symbol.asyncDispose
> {
  /** Several statements that take effect together or not at all. */
  transaction(): TenantTransactionBuilder<Tables>;
}

/** Inside a transaction: as `TenantDb`, but a transaction cannot be begun in a transaction. */
export type TenantTransaction<Tables> = Omit<TenantDb<Tables>, 'transaction'>;

/** Settings of a transaction, and the work in it. */
export interface TenantTransactionBuilder<Tables> {
  setAccessMode(mode: AccessMode): TenantTransactionBuilder<Tables>;
  setIsolationLevel(level: IsolationLevel): TenantTransactionBuilder<Tables>;
  /** Commits when `work` is fulfilled, rolls back when it is rejected. */
  execute<Result>(work: (trx: TenantTransaction<Tables>) => Promise<Result>): Promise<Result>;
}

/** Reads of the schema `shared`, which all tenants see and none can change. */
export type SharedDb<Tables> = Omit<
  ReadonlyKysely<Tables>,
  'connection' | 'destroy' | 'introspection'
>;

/** The two handles a tenant's code gets. */
export interface TenantHandles<TenantTables, SharedTables> {
  readonly db: TenantDb<TenantTables>;
  readonly shared: SharedDb<SharedTables>;
}

/** How a tenant's tables are reached. */
export interface TenantDbOptions {
  /** Says that the tables are those of a pool, which have columns that the tenant's code does not know. @default false */
  readonly sharesTables?: boolean;
  /** The columns that `selectAll()` stands for in a pool; without it only the outermost result is without those columns. @default - not known */
  readonly columnTypes?: ColumnTypes;
}

/**
 * Opens a tenant's tables over a dialect that logs in as the tenant's role. Unqualified names resolve in the tenant's schema, because
 * it has the role's name; `shared` names the schema `shared`. A tenant with a database of its own reads that over another dialect, with
 * the same login in the database where the schema is.
 */
export function openTenantDb<TenantTables, SharedTables>(
  dialect: Dialect,
  sharedDialect: Dialect = dialect,
  options: TenantDbOptions = {},
): TenantHandles<TenantTables, SharedTables> {
  const { sharesTables = false, columnTypes } = options;
  const db = sharesTables
    ? openSharedTables<TenantTables>(dialect, columnTypes)
    : new Kysely<TenantTables>({ dialect });
  const shared = new Kysely<SharedTables>({ dialect: sharedDialect }).withSchema('shared');
  return { db, shared: shared as unknown as SharedDb<SharedTables> };
}

function openSharedTables<Tables>(
  dialect: Dialect,
  columnTypes: ColumnTypes | undefined,
): Kysely<Tables> {
  const plugins = [new SharedTablesPlugin(columnTypes)];
  return new Kysely<Tables>({ dialect: sharedTablesDialect(dialect), plugins });
}
