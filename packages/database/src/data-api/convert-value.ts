import type { SqlParameter } from '@aws-sdk/client-rds-data';

/** The type a placeholder is cast to in the SQL, because the Data API would bind the value as text. */
export type PlaceholderCast = 'int8' | 'timestamptz' | 'jsonb' | 'numeric';

/**
 * The cast a JavaScript value needs. It follows from the value's type in the program, never from what a string looks like: a `bigint`
 * is int8, a `Date` is timestamptz, a plain object is jsonb.
 */
export function castOf(value: unknown): PlaceholderCast | undefined {
  if (typeof value === 'bigint') return 'int8';
  if (value instanceof Date) return 'timestamptz';
  if (isDocument(value)) return 'jsonb';
  return undefined;
}

/** A query parameter as the Data API takes it. Throws `TypeError` for what it cannot carry: arrays, functions, symbols, NUL. */
export function toSqlParameter(name: string, value: unknown): SqlParameter {
  if (value === null || value === undefined) return { name, value: { isNull: true } };
  switch (typeof value) {
    case 'boolean':
      return { name, value: { booleanValue: value } };
    case 'bigint':
      return { name, value: { stringValue: value.toString() } };
    case 'number':
      return Number.isSafeInteger(value)
        ? { name, value: { longValue: value } }
        : { name, value: { doubleValue: value } };
    case 'string':
      return { name, value: { stringValue: assertNoNul(name, value) } };
    case 'object':
      return { name, value: objectValue(name, value) };
    default:
      throw new TypeError(`parameter ${name}: the Data API cannot carry a ${typeof value}`);
  }
}

function objectValue(name: string, value: object): NonNullable<SqlParameter['value']> {
  if (value instanceof Date) return { stringValue: value.toISOString() };
  if (value instanceof Uint8Array) return { blobValue: value };
  if (isDocument(value)) return { stringValue: assertNoNul(name, JSON.stringify(value)) };
  throw new TypeError(
    `parameter ${name}: the Data API takes no array parameters; use "in" with a list, or JSON.stringify with a cast to jsonb`,
  );
}

function isDocument(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function assertNoNul(name: string, text: string): string {
  if (text.includes('\u0000'))
    throw new TypeError(`parameter ${name}: PostgreSQL text cannot hold the character NUL`);
  return text;
}
