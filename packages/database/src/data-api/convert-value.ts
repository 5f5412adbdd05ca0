import type { SqlParameter } from '@aws-sdk/client-rds-data';
import { formatNumber } from './encode-value.ts';

/** The type a placeholder is cast to in the SQL, because the Data API would bind the value as text. */
export type PlaceholderCast = 'int8' | 'float8' | 'timestamptz' | 'jsonb';

/**
 * The cast a JavaScript value needs. It follows from the value's type in the program, never from what a string looks like: a `bigint`
 * is int8, a `Date` is timestamptz, a plain object is jsonb, and a number that JSON cannot write (-0, NaN, the infinities) is float8.
 */
export function castOf(value: unknown): PlaceholderCast | undefined {
  if (typeof value === 'bigint') return 'int8';
  if (typeof value === 'number' && !isJsonNumber(value)) return 'float8';
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
      return { name, value: numberValue(value) };
    case 'string':
      return { name, value: { stringValue: assertNoNul(name, value) } };
    case 'object':
      return { name, value: objectValue(name, value) };
    default:
      throw new TypeError(`parameter ${name}: the Data API cannot carry a ${typeof value}`);
  }
}

function numberValue(value: number): NonNullable<SqlParameter['value']> {
  if (!isJsonNumber(value)) return { stringValue: formatNumber(value) };
  return Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: value };
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function objectValue(name: string, value: object): NonNullable<SqlParameter['value']> {
  if (value instanceof Date) return { stringValue: value.toISOString() };
  if (value instanceof Uint8Array) return { blobValue: value };
  if (isDocument(value)) return { stringValue: assertNoNul(name, JSON.stringify(value)) };
  throw new TypeError(
    `parameter ${name}: the Data API takes no array parameters, and the column it is for is not known; ` +
      'name the column in columnTypes, use "in" with a list, or JSON.stringify with a cast to jsonb',
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
