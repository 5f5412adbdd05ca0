import { MigrationInvalidError } from '@tenantry/tenancy';
import { compileBatch } from './compile-batch.ts';
import { compileConcurrent } from './compile-concurrent.ts';
import { parseHeader, type MigrationOptions } from './compile-header.ts';
import type { MigrationForm, Scope } from './compiled-migrations.ts';
import { findObjection, isConcurrent } from './lint-statement.ts';
import { toStatement, type MigrationStatement } from './migration-statement.ts';
import { splitStatements, type ParsedStatement } from './split-statements.ts';

/** What a file says of a migration: its options and the statements of both directions. */
export interface CompiledFile extends MigrationOptions {
  readonly up: readonly MigrationStatement[];
  readonly down: readonly MigrationStatement[] | null;
  readonly program?: string;
}

/** Where a statement comes from, and how it will be applied. */
export interface StatementSource {
  readonly file: string;
  readonly scope: Scope;
  readonly form: MigrationForm;
}

const downMarker = /^--\s*down\s*$/;

/**
 * An SQL migration; a line `-- down` divides its two directions. Throws `MigrationInvalidError` for a syntax error, an unknown option in a
 * `-- tenantry:` header, an empty migration and a statement that does not belong in one.
 */
export async function compileSqlFile(
  text: string,
  place: { readonly file: string; readonly scope: Scope },
): Promise<CompiledFile> {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const options = parseHeader(lines, place.file);
  if (options.form === 'concurrent' && place.scope === 'catalog') {
    throw new MigrationInvalidError(place.file, 'the catalog is migrated in transactions only');
  }
  const source = { ...place, form: options.form };
  const marker = lines.findIndex((line) => downMarker.test(line));
  const upText = marker === -1 ? lines : lines.slice(0, marker);
  const up = await compilePart(upText.join('\n'), { ...source, firstLine: 1 });
  if (up.length === 0) throw new MigrationInvalidError(place.file, 'holds no statement');
  if (marker === -1) return { ...options, up, down: null };
  const downText = lines.slice(marker + 1).join('\n');
  // What a batch did row by row is undone at once: a way back is for a mistake just made.
  const form = options.form === 'batch' ? 'transaction' : options.form;
  const down = await compilePart(downText, { ...source, form, firstLine: marker + 2 });
  return { ...options, up, down };
}

async function compilePart(
  text: string,
  source: StatementSource & { readonly firstLine: number },
): Promise<MigrationStatement[]> {
  const statements = await splitStatements(text, source);
  return await Promise.all(statements.map((statement) => compileStatement(statement, source)));
}

/** A statement as it will be applied. Throws `MigrationInvalidError` when it has no place in a migration of this scope and form. */
export async function compileStatement(
  statement: ParsedStatement,
  source: StatementSource,
): Promise<MigrationStatement> {
  assertAllowed(statement, source);
  if (source.form === 'concurrent') return await compileConcurrent(statement, source);
  if (isConcurrent(statement.tree)) {
    throw new MigrationInvalidError(
      source.file,
      'CONCURRENTLY cannot run in the transaction of a migration; put the line "-- tenantry: transaction off" at the top of a file of its own',
      statement.line ?? undefined,
    );
  }
  return source.form === 'batch' ? compileBatch(statement, source) : toStatement(statement);
}

function assertAllowed(
  statement: ParsedStatement,
  source: { readonly file: string; readonly scope: Scope },
): void {
  // The catalog grants to the platform's roles; it is ours, not the application's.
  if (source.scope === 'catalog') return;
  const objection = findObjection(statement, source.scope);
  if (objection !== undefined) {
    throw new MigrationInvalidError(source.file, objection, statement.line ?? undefined);
  }
}
