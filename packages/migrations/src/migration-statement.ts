import type { ConcurrentIndex } from './concurrent-index.ts';
import { findEffects, type StatementEffect } from './find-effects.ts';
import type { ParsedStatement } from './split-statements.ts';

/** One SQL statement of a migration. */
export interface MigrationStatement {
  readonly sql: string;
  /** 1-based line in the file where it starts; null for statements that a TypeScript migration made. */
  readonly line: number | null;
  /** What it does to each table it touches, strongest lock first. */
  readonly effects: readonly StatementEffect[];
  /** How it runs on a schema that has something already; in migrations of the form `concurrent`. `sql` is then for a new schema. */
  readonly concurrent?: ConcurrentIndex;
  /** Run for each tenant of a pool as that tenant, and for the rows that new tenants begin with; in the form for shared tables. */
  readonly isPerTenant?: true;
  /** What is repeated until no row changes; in migrations of the form `batch`. */
  readonly batch?: { readonly command: 'insert' | 'update' | 'delete'; readonly table: string };
}

/** What is kept of a parsed statement. */
export function toStatement({ sql, line, tree }: ParsedStatement): MigrationStatement {
  return { sql, line, effects: findEffects(tree) };
}
