import { MigrationInvalidError } from '@tenantry/tenancy';
import type { MigrationStatement, Scope } from './compiled-migrations.ts';
import { findObjection } from './lint-statement.ts';
import { splitStatements, type ParsedStatement } from './split-statements.ts';

/** The statements of both directions of a migration. */
export interface Directions {
  readonly up: readonly MigrationStatement[];
  readonly down: readonly MigrationStatement[] | null;
}

const downMarker = /^--\s*down\s*$/;
const header = /^--\s*tenantry:\s*(.*)$/;

/**
 * Both directions of an SQL migration; a line `-- down` divides them. Throws `MigrationInvalidError` for a syntax error, an unknown
 * option in a `-- tenantry:` header, an empty migration and a statement that does not belong in one.
 */
export async function compileSqlFile(
  text: string,
  source: { readonly file: string; readonly scope: Scope },
): Promise<Directions> {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  assertNoOptions(lines, source.file);
  const marker = lines.findIndex((line) => downMarker.test(line));
  const upText = marker === -1 ? lines : lines.slice(0, marker);
  const up = await compilePart(upText.join('\n'), { ...source, firstLine: 1 });
  if (up.length === 0) throw new MigrationInvalidError(source.file, 'holds no statement');
  if (marker === -1) return { up, down: null };
  const downText = lines.slice(marker + 1).join('\n');
  return { up, down: await compilePart(downText, { ...source, firstLine: marker + 2 }) };
}

function assertNoOptions(lines: readonly string[], file: string): void {
  const index = lines.findIndex((line) => header.test(line));
  if (index === -1) return;
  const option = header.exec(lines[index] ?? '')?.[1] ?? '';
  throw new MigrationInvalidError(
    file,
    `option "${option}" is not known to this version`,
    index + 1,
  );
}

async function compilePart(
  text: string,
  source: { readonly file: string; readonly scope: Scope; readonly firstLine: number },
): Promise<MigrationStatement[]> {
  const statements = await splitStatements(text, source);
  for (const statement of statements) assertAllowed(statement, source);
  return statements.map(({ sql, line }) => ({ sql, line }));
}

/** Throws `MigrationInvalidError` when the statement has no place in a migration of this scope. */
export function assertAllowed(
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
