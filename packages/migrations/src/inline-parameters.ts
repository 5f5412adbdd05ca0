import { scan } from 'libpg-query';

/**
 * A statement with its parameters written out as literals, so that it can be planned, checked and stored as text. For migrations only:
 * their values are code, not input.
 */
export async function inlineParameters(
  sql: string,
  parameters: readonly unknown[],
): Promise<string> {
  if (parameters.length === 0) return sql;
  const { tokens } = await scan(sql);
  const bytes = Buffer.from(sql);
  let inlined = '';
  let position = 0;
  for (const token of tokens) {
    if (token.tokenName !== 'PARAM') continue;
    const number = Number(token.text.slice(1));
    inlined += bytes.subarray(position, token.start).toString() + literal(parameters[number - 1]);
    position = token.end;
  }
  return inlined + bytes.subarray(position).toString();
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint' || typeof value === 'number') return quoteNumber(value);
  if (typeof value === 'string') return quote(value);
  if (value instanceof Date) return `timestamptz ${quote(value.toISOString())}`;
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'::bytea`;
  return `${quote(JSON.stringify(value))}::jsonb`;
}

function quoteNumber(value: bigint | number): string {
  const text = String(value);
  // A sign would bind to what stands before it: 1 -$1 with -1 must not become a comment.
  return /^\d/.test(text)
    ? text
    : `(${Number.isFinite(Number(value)) ? text : `'${text}'::float8`})`;
}

function quote(text: string): string {
  if (text.includes('\u0000')) throw new TypeError('PostgreSQL text cannot hold the character NUL');
  const doubled = text.replaceAll("'", "''");
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}
