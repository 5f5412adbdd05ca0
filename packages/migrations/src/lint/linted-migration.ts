import type { MigrationRisk } from '@tenantry/tenancy';
import type { CompiledFile } from '../compile-sql-file.ts';
import type { StatementEffect } from '../find-effects.ts';
import type { MigrationFile } from '../find-migration-files.ts';

/** One statement of a migration under the linter's eyes. */
export interface LintedStatement {
  readonly sql: string;
  readonly line: number | null;
  readonly tree: unknown;
  readonly effects: readonly StatementEffect[];
}

/** A migration that compiles, with what the rules look at. */
export interface LintedMigration {
  readonly id: string;
  readonly file: MigrationFile;
  readonly source: string;
  readonly compiled: CompiledFile;
  readonly statements: readonly LintedStatement[];
  /** Tables that the migration itself creates: empty, and nobody waits for them. */
  readonly created: ReadonlySet<string>;
}

/** What a rule finds: the rest of a risk is known. */
export type Finding = Pick<MigrationRisk, 'rule' | 'line' | 'message' | 'advice'>;

/** What the statement does to tables that were there before the migration. */
export function effectsOnExisting(
  { created }: Pick<LintedMigration, 'created'>,
  { effects }: Pick<LintedStatement, 'effects'>,
): StatementEffect[] {
  return effects.filter(({ table }) => !created.has(table));
}
