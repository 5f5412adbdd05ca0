import { formatArrayLiteral, type ArrayElements } from './array-literal.ts';

/**
 * A value as it travels to a column of this type: bytes and booleans as they are, NULL as null, all else as the text that PostgreSQL
 * reads. A string for a json or jsonb column is JSON text; another value is made JSON text. Throws `TypeError` for a value that has no
 * text form.
 */
export function encodeValue(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array && type === 'bytea') return value;
  if (typeof value === 'boolean' && type === 'bool') return value;
  return encodeText(value, type);
}

function encodeText(value: unknown, type: string): string {
  if (typeof value === 'string') return value;
  if (type === 'json' || type === 'jsonb') return encodeJson(value);
  if (Array.isArray(value))
    return formatArrayLiteral(encodeElements(value, type.replace(/^_/, '')));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return String.raw`\x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return value.toString();
  throw new TypeError(`a column of type ${type} cannot take a ${typeof value}`);
}

function encodeElements(values: readonly unknown[], type: string): ArrayElements {
  return values.map((value) => {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value) && type !== 'json' && type !== 'jsonb')
      return encodeElements(value, type);
    return encodeText(value, type);
  });
}

function encodeJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`JSON has no form for a ${typeof value}`);
  return text;
}

/** A number digit for digit, with the sign of zero. */
export function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
