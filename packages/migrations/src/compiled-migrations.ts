/** Where a module's tables live. `catalog` is the platform's own. */
export type Scope = 'catalog' | 'shared' | 'site' | 'tenant';

/** All scopes, in the order in which a deploy migrates them. */
export const scopes = ['catalog', 'shared', 'site', 'tenant'] as const satisfies readonly Scope[];

/** One SQL statement of a migration. */
export interface MigrationStatement {
  readonly sql: string;
  /** 1-based line in the file where it starts; null for statements that a TypeScript migration made. */
  readonly line: number | null;
}

/** One migration, ready to be applied anywhere: nothing of it is decided at run time. */
export interface CompiledMigration {
  /** `<module>/<number>_<name>`, such as `polls/0001_initial`. */
  readonly id: string;
  readonly module: string;
  /** SHA-256 of what the file says, in hex. A comment or blank line more does not change it. */
  readonly checksum: string;
  readonly up: readonly MigrationStatement[];
  /** Null where the file gives no way back. */
  readonly down: readonly MigrationStatement[] | null;
}

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
