import { hasSqlDetails, parse, type ParseResult } from 'libpg-query';
import { MigrationInvalidError } from '@tenantry/tenancy';

/** A statement together with its syntax tree in PostgreSQL's own words. */
export interface ParsedStatement {
  readonly sql: string;
  /** 1-based line in the file; null where there is none. */
  readonly line: number | null;
  readonly tree: unknown;
}

/**
 * The statements of a text, cut by PostgreSQL's own parser. Throws `MigrationInvalidError` with file and line for a syntax error.
 *
 * `firstLine` is the text's first line in the file.
 */
export async function splitStatements(
  text: string,
  source: { readonly file: string; readonly firstLine: number },
): Promise<ParsedStatement[]> {
  const bytes = Buffer.from(text);
  const result = await parseText(text, source);
  return (result.stmts ?? []).map((raw) => {
    const start = raw.stmt_location ?? 0;
    const end = raw.stmt_len === undefined ? bytes.length : start + raw.stmt_len;
    const whole = bytes.subarray(start, end).toString();
    const sql = whole.replace(leadingComments, '').trimEnd();
    const before = bytes.subarray(0, start).toString() + whole.slice(0, whole.indexOf(sql));
    return { sql, line: source.firstLine + countLines(before), tree: raw.stmt };
  });
}

const leadingComments = /^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*/;

async function parseText(
  text: string,
  source: { readonly file: string; readonly firstLine: number },
): Promise<ParseResult> {
  try {
    return await parse(text);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const position = error.sqlDetails?.cursorPosition ?? 0;
    const line = source.firstLine + countLines(Array.from(text).slice(0, position).join(''));
    throw new MigrationInvalidError(source.file, error.message, line);
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
