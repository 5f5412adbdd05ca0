import { readFile } from 'node:fs/promises';
import { MigrationInvalidError, type MigrationRisk } from '@tenantry/tenancy';
import { compileMigrations } from '../compile-migrations.ts';
import type { CompiledMigrations } from '../compiled-migrations.ts';
import { compileSqlFile, type CompiledFile } from '../compile-sql-file.ts';
import { compileTsFile } from '../compile-ts-file.ts';
import { relationName, unwrap } from '../effects/syntax-tree.ts';
import { findMigrationFiles, type MigrationFile } from '../find-migration-files.ts';
import { splitStatements } from '../split-statements.ts';
import type { Finding, LintedMigration, LintedStatement } from './linted-migration.ts';
import { migrationRules } from './migration-rules.ts';
import { runSquawk } from './run-squawk.ts';
import { statementRules } from './statement-rules.ts';

/**
 * The dangers in the migrations below the roots, by file and line; nothing is run. What cannot be compiled is an error, all else a
 * warning. A file that says `-- tenantry: allow RULE because REASON` keeps a rule from speaking about it. The platform's own catalog is
 * left out.
 */
export async function lintMigrations(options: {
  /** Folders that hold `<scope>/<module>/<number>_<name>.sql|.ts`. */
  readonly roots: readonly string[];
}): Promise<MigrationRisk[]> {
  const errors: MigrationRisk[] = [];
  const migrations: LintedMigration[] = [];
  for (const file of await findFiles(options.roots, errors)) {
    if (file.scope === 'catalog') continue;
    const read = await readMigration(file);
    if ('severity' in read) errors.push(read);
    else migrations.push(read);
  }
  const compiled = errors.length === 0 ? await compileAll(options.roots, errors) : undefined;
  const squawk = await runSquawk(migrations);
  const warnings = migrations.flatMap((migration) =>
    [
      ...applyRules(migration),
      ...(squawk.get(migration) ?? []),
      ...notPoolable(migration, compiled),
    ]
      .filter(({ rule }) => !isAllowed(migration, rule))
      .map((finding) => toRisk(migration, finding)),
  );
  return [...errors, ...warnings].toSorted(inOrder);
}

/** The files below the roots; none, and an error more, where a name or a number is wrong. */
async function findFiles(
  roots: readonly string[],
  errors: MigrationRisk[],
): Promise<MigrationFile[]> {
  try {
    return await findMigrationFiles(roots);
  } catch (error) {
    errors.push(toError(error));
    return [];
  }
}

/** All files together; none, and an error more, where they show dependencies that nothing meets, or cycles. */
async function compileAll(
  roots: readonly string[],
  errors: MigrationRisk[],
): Promise<CompiledMigrations | undefined> {
  try {
    return await compileMigrations({ roots });
  } catch (error) {
    errors.push(toError(error));
    return undefined;
  }
}

/** Why a migration cannot be applied to shared tables, which depends on those before it. */
function notPoolable(
  { id, file }: LintedMigration,
  compiled: CompiledMigrations | undefined,
): Finding[] {
  if (file.scope !== 'tenant') return [];
  const pooled = compiled?.scopes.tenant.migrations.find(
    (migration) => migration.id === id,
  )?.pooled;
  if (pooled === undefined || !('refusal' in pooled)) return [];
  return [
    {
      rule: 'not-poolable',
      line: pooled.line,
      message: `cannot be applied to tables that tenants share (isolation table): ${pooled.refusal}`,
      advice: 'change it as the message says, or allow it where no tenant has isolation table',
    },
  ];
}

/** An invalid file as a risk; any other error is thrown. */
function toError(error: unknown): MigrationRisk {
  if (!(error instanceof MigrationInvalidError)) throw error;
  return {
    rule: 'invalid',
    migration: /([^/]+\/[^/]+)\.(?:sql|ts)$/.exec(error.file)?.[1] ?? error.file,
    file: error.file,
    line: error.line ?? null,
    message: error.message,
    advice: error.next ?? 'correct the file',
    severity: 'error',
  };
}

async function readMigration(file: MigrationFile): Promise<LintedMigration | MigrationRisk> {
  const source = await readFile(file.path, 'utf8');
  const place = { file: file.path, scope: file.scope };
  const id = `${file.module}/${file.name}`;
  try {
    const compiled =
      file.form === 'ts' ? await compileTsFile(place) : await compileSqlFile(source, place);
    const statements = await readStatements(compiled, file.path);
    return { id, file, source, compiled, statements, created: findCreated(statements) };
  } catch (error) {
    return toError(error);
  }
}

async function readStatements({ up }: CompiledFile, file: string): Promise<LintedStatement[]> {
  const statements: LintedStatement[] = [];
  for (const { sql, line, effects } of up) {
    const [parsed] = await splitStatements(sql, { file, firstLine: line ?? 1 });
    statements.push({ sql, line, effects, tree: parsed?.tree });
  }
  return statements;
}

function findCreated(statements: readonly LintedStatement[]): Set<string> {
  const names = statements.flatMap(({ tree }) => {
    const [kind, node] = unwrap(tree);
    if (kind === 'CreateStmt') return relationName(node['relation']) ?? [];
    const into = unwrap({ into: node['into'] })[1];
    return kind === 'CreateTableAsStmt' ? (relationName(into['rel']) ?? []) : [];
  });
  return new Set(names);
}

function applyRules(migration: LintedMigration): Finding[] {
  const single = migration.statements.flatMap((statement) =>
    statementRules.flatMap((rule) => rule(migration, statement)),
  );
  return [...single, ...migrationRules.flatMap((rule) => rule(migration))];
}

function isAllowed({ compiled }: LintedMigration, rule: string): boolean {
  return compiled.allow.some((text) => text.startsWith(`${rule} because `));
}

function toRisk({ id, file }: LintedMigration, finding: Finding): MigrationRisk {
  return { ...finding, migration: id, file: file.path, severity: 'warning' };
}

function inOrder(a: MigrationRisk, b: MigrationRisk): number {
  const [fileA, fileB] = [a.file ?? '', b.file ?? ''];
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0);
}
