import type { QueryExecutorProvider } from 'kysely';

/** The schema to migrate, who owns it, and which roles must not see its ledger. */
export interface MigrationTarget {
  readonly schema: string;
  readonly owner: string;
  readonly hideLedgerFrom: readonly string[];
  /** The role whose members are the tenants that share the schema's tables; for the schema of a pool. @default - one tenant's schema */
  readonly tenants?: string;
}

/** How migrations are applied, or taken back. */
export interface ApplyOptions {
  /**
   * Last migration that the schema is believed to have; only the statements of those after it are sent at first. Wrong, it costs a round
   * trip: PostgreSQL says what else is missing.
   * @default - all are sent
   */
  readonly knownVersion?: string | null;
  /** Recorded in the ledger with each migration. @default - none */
  readonly runId?: string;
  /**
   * Login `platform_indexer`, which builds indexes while requests go on. Migrations of the form `concurrent` need it on a schema that has
   * migrations already.
   * @default - such a migration fails
   */
  readonly indexer?: QueryExecutorProvider;
  /**
   * Says that nobody works with the schema yet, so that what is otherwise done outside of transactions is done inside.
   * @default - so when the schema has no migration
   */
  readonly isUnused?: true;
  /** Called after each migration, and after each round of a batch with the rows changed so far. @default - not called */
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Ends the work before the next transaction; what is committed stays. @default - nothing does */
  readonly signal?: AbortSignal;
  /** How long DDL waits for a lock, while requests queue behind it, before it steps back and tries again. @default 2000 */
  readonly lockTimeoutMs?: number;
  /** How long one transaction may take. @default 600_000, the login's own limit */
  readonly statementTimeoutMs?: number;
}

/** Where an application of migrations is. */
export interface MigrationProgress {
  readonly migration: string;
  /** 1-based number of the last finished statement. */
  readonly statement: number;
  /** Rows that the statements of a batch have changed so far. */
  readonly rows?: number;
}
