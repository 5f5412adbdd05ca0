import type { ColumnDescription } from '@tenantry/database';

/** The types of a column's values in TypeScript: as they are read, and as they are written. */
interface ValueTypes {
  readonly read: string;
  readonly written: string;
}

/** The name by which an enum's values are known in the generated file. */
export type EnumNames = ReadonlyMap<string, string>;

/** A type, or one of Kysely's column types with its arguments. */
export interface TypeText {
  readonly name: string;
  readonly args: readonly string[];
}

/** How values arrive from our dialects; everything else arrives as PostgreSQL writes it. */
const readTypes: Readonly<Record<string, string>> = {
  int2: 'number',
  int4: 'number',
  oid: 'number',
  float4: 'number',
  float8: 'number',
  int8: 'bigint',
  bool: 'boolean',
  json: 'object',
  jsonb: 'object',
  timestamptz: 'Date',
  bytea: 'Buffer',
};

/** Where a value is written as another type than it is read. */
const writtenTypes: Readonly<Record<string, string>> = {
  json: 'string',
  jsonb: 'string',
  bytea: 'Uint8Array',
};

/** The type of a column for Kysely. */
export function columnTypeText(column: ColumnDescription, enums: EnumNames): TypeText {
  const { read, written } = valueTypes(column, enums);
  if (column.isGenerated) return { name: 'GeneratedAlways', args: [read] };
  if (read === written) {
    return column.hasDefault ? { name: 'Generated', args: [read] } : { name: read, args: [] };
  }
  const inserted = column.hasDefault ? `${written} | undefined` : written;
  const isDocument = column.type === 'json' || column.type === 'jsonb';
  if (!isDocument) return { name: 'ColumnType', args: [read, inserted, written] };
  const args = [read, inserted, written];
  // Text is what Kysely itself takes for granted.
  while (args.length > 1 && args.at(-1) === 'string') args.pop();
  return { name: 'JSONColumnType', args };
}

function valueTypes(column: ColumnDescription, enums: EnumNames): ValueTypes {
  const type = column.elementType ?? column.type;
  const read = enums.get(type) ?? readTypes[type] ?? 'string';
  const written = writtenTypes[type] ?? read;
  const brackets = column.elementType === null ? '' : '[]';
  const orNull = column.isNullable ? ' | null' : '';
  return { read: `${read}${brackets}${orNull}`, written: `${written}${brackets}${orNull}` };
}
