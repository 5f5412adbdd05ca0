import { nodeOf, unwrap, visitNodes } from '../effects/syntax-tree.ts';
import {
  effectsOnExisting,
  type Finding,
  type LintedMigration,
  type LintedStatement,
} from './linted-migration.ts';

/** Finds what is wrong with a migration as a whole. */
export type MigrationRule = (migration: LintedMigration) => readonly Finding[];

/** The rules that look at more than one statement. */
export const migrationRules: readonly MigrationRule[] = [
  lockThenRewrite,
  newEnumValueUsed,
  loadsApplicationCode,
];

/** Locks behind which requests queue. */
const blocking = new Set(['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE']);

function lockThenRewrite(migration: LintedMigration): readonly Finding[] {
  if (migration.compiled.form !== 'transaction') return [];
  let held: { readonly table: string; readonly lock: string; readonly number: number } | undefined;
  for (const [index, statement] of migration.statements.entries()) {
    const effects = effectsOnExisting(migration, statement);
    const long = effects.find(({ cost }) => cost !== 'instant');
    if (held !== undefined && long !== undefined)
      return [longAfterLock(statement, held, long.table)];
    const strong = effects.find(({ lock }) => blocking.has(lock));
    held ??= strong && { table: strong.table, lock: strong.lock, number: index + 1 };
  }
  return [];
}

function longAfterLock(
  { line }: LintedStatement,
  held: { readonly table: string; readonly lock: string; readonly number: number },
  table: string,
): Finding {
  return {
    rule: 'lock-then-rewrite',
    line,
    message: `goes through ${table} in the transaction of statement ${held.number}, whose lock on ${held.table} (${held.lock}) is held all that time`,
    advice: 'split the file: the short statements first, the long one in a migration of its own',
  };
}

function newEnumValueUsed({ statements, compiled }: LintedMigration): readonly Finding[] {
  if (compiled.form !== 'transaction') return [];
  const added = new Set<string>();
  for (const { tree, line } of statements) {
    const used = literalsOf(tree).find((literal) => added.has(literal));
    if (used !== undefined) {
      const message = `uses '${used}', which an earlier statement of the same transaction adds to an enum: PostgreSQL refuses that`;
      const advice = 'use the new value in the next migration, deployed after this one';
      return [{ rule: 'new-enum-value-used', line, message, advice }];
    }
    const [kind, node] = unwrap(tree);
    if (kind === 'AlterEnumStmt' && typeof node['newVal'] === 'string') added.add(node['newVal']);
  }
  return [];
}

function literalsOf(tree: unknown): string[] {
  const literals: string[] = [];
  visitNodes(tree, (kind, node) => {
    const value = nodeOf(node['sval'])['sval'];
    if (kind === 'A_Const' && typeof value === 'string') literals.push(value);
  });
  return literals;
}

const importing =
  /^\s*import\s+(?!type\b)[^;]*?from\s*['"]([^'"]+)['"]|\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/m;

function loadsApplicationCode({ file, source }: LintedMigration): readonly Finding[] {
  if (file.form !== 'ts') return [];
  return source.split('\n').flatMap((text, index) => {
    const match = importing.exec(text);
    const module = match?.[1] ?? match?.[2];
    if (module === undefined || module === 'kysely') return [];
    const message = `loads "${module}": the code will change, and the migration with it, after it was applied to some tenants`;
    const advice =
      'write what is needed into the migration itself, with table and column names as they are now';
    return [{ rule: 'loads-application-code', line: index + 1, message, advice }];
  });
}
