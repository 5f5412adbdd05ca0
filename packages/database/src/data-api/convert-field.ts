import type { ColumnMetadata, Field } from '@aws-sdk/client-rds-data';
import { parseArrayLiteral, type ArrayElements } from './array-literal.ts';

/**
 * A column's value as the program sees it, the same from every driver: int2 and int4 are `number`, int8 `bigint`, numeric text, json and
 * jsonb parsed, timestamptz `Date`, date, time and timestamp ISO text, bytea bytes, arrays arrays.
 */
export function fromField(field: Field, column: ColumnMetadata): unknown {
  const type = column.typeName ?? '';
  if (field.isNull === true) return null;
  if (field.arrayValue !== undefined) return fromArray(field, type.replace(/^_/, ''));
  if (field.blobValue !== undefined) return Buffer.from(field.blobValue);
  if (field.booleanValue !== undefined) return field.booleanValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.longValue !== undefined) return fromText(String(field.longValue), type);
  if (field.stringValue !== undefined) return fromText(field.stringValue, type);
  throw new TypeError(
    `column ${column.name ?? '?'}: unknown field ${Object.keys(field).join(', ')}`,
  );
}

/** The elements of an array in PostgreSQL's text form; of more than one dimension, arrays of arrays. */
export function fromArrayText(text: string, elementType: string): unknown[] {
  return fromElements(parseArrayLiteral(text), elementType);
}

function fromElements(elements: ArrayElements, type: string): unknown[] {
  return elements.map((element) => {
    if (element === null) return null;
    return typeof element === 'string' ? fromText(element, type) : fromElements(element, type);
  });
}

/** A value out of PostgreSQL's text form, by the name of its type. */
export function fromText(text: string, type: string): unknown {
  switch (type) {
    case 'bool':
      return text === 't';
    case 'bytea':
      return Buffer.from(text.slice(String.raw`\x`.length), 'hex');
    case 'int2':
    case 'int4':
    // Columns with a sequence are called by the name they were declared with.
    case 'serial':
    case 'smallserial':
    case 'oid':
    case 'float4':
    case 'float8':
      return Number(text);
    case 'int8':
    case 'bigserial':
      return BigInt(text);
    case 'json':
    case 'jsonb':
      return JSON.parse(text);
    case 'timestamptz':
      return parseTimestamp(text);
    default:
      return text;
  }
}

/** The Data API writes timestamptz as UTC without a zone, PostgreSQL itself with an offset such as `+00`. */
function parseTimestamp(text: string): Date {
  const iso = text.replace(' ', 'T');
  const hasZone = /[+-]\d\d(:?\d\d)?$/.test(iso);
  return new Date(hasZone ? iso.replace(/([+-]\d\d)$/, '$1:00') : `${iso}Z`);
}

function fromArray(field: Field, elementType: string): unknown[] {
  const array = field.arrayValue;
  if (array?.stringValues !== undefined)
    return array.stringValues.map((text) => (text === null ? null : fromText(text, elementType)));
  if (array?.longValues !== undefined)
    return array.longValues.map((n) => fromText(String(n), elementType));
  return [...(array?.doubleValues ?? array?.booleanValues ?? [])];
}
