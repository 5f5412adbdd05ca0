import type { MigrationStatement } from './migration-statement.ts';

/** Where a module's tables live. `catalog` is the platform's own. */
export type Scope = 'catalog' | 'shared' | 'site' | 'tenant';

/** All scopes, in the order in which a deploy migrates them. */
export const scopes = ['catalog', 'shared', 'site', 'tenant'] as const satisfies readonly Scope[];

/** How a migration is applied. */
export type MigrationForm = 'transaction' | 'concurrent' | 'batch' | 'program';

/** One migration, ready to be applied anywhere: nothing of it is decided at run time. */
export interface CompiledMigration {
  /** `<module>/<number>_<name>`, such as `polls/0001_initial`. */
  readonly id: string;
  readonly module: string;
  /** Path from the folder of its root: `tenant/polls/0001_initial.sql`. */
  readonly file: string;
  /**
   * How it is applied: in one transaction with others; as steps outside of any (`concurrent`); each statement again and again until it
   * changes no row (`batch`); or as a program that reads data, in a transaction of its own.
   */
  readonly form: MigrationForm;
  /** Ids of other modules' migrations that must be there before. */
  readonly dependsOn: readonly string[];
  /** Ids under which a schema may have it already, from before it moved to this module. */
  readonly formerly: readonly string[];
  /** SHA-256 of what the file says, in hex. A comment or blank line more does not change it. */
  readonly checksum: string;
  readonly up: readonly MigrationStatement[];
  /** Null where the file gives no way back. */
  readonly down: readonly MigrationStatement[] | null;
  /** How it runs on tables that tenants share; in migrations of scope `tenant`. */
  readonly pooled?: PooledForm;
  /** The module's JavaScript, in migrations of the form `program`; their `up` and `down` hold no statement. */
  readonly program?: string;
}

/**
 * A migration rewritten for shared tables: the tenant's column in tables and first in keys, row-level security, and changes of data
 * repeated for each tenant. Or why it cannot be.
 */
export type PooledForm =
  | {
      readonly up: readonly MigrationStatement[];
      readonly down: readonly MigrationStatement[] | null;
    }
  | { readonly refusal: string; readonly line: number | null };

/** The migrations of one scope in the order in which they are applied. */
export interface CompiledScope {
  readonly hash: string;
  readonly migrations: readonly CompiledMigration[];
}

/** All migrations of an application as plain JSON, made at build time and shipped beside the functions. */
export interface CompiledMigrations {
  readonly v: 1;
  /** SHA-256 over all scopes: the name of this set, by which a deploy is recognised. */
  readonly hash: string;
  readonly scopes: Readonly<Record<Scope, CompiledScope>>;
}

/** Id of the last migration of a scope, or null where it has none. */
export function lastMigration(scope: CompiledScope): string | null {
  return scope.migrations.at(-1)?.id ?? null;
}
