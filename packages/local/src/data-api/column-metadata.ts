import { arrayJdbcType, type FoundType, type ScalarType } from './postgres-types.ts';
import type { Session } from './session.ts';
import type { ColumnDescription } from './statement-run.ts';

/** A column's description on the wire. */
export interface ColumnMetadata {
  readonly name: string;
  readonly label: string;
  readonly type: number;
  readonly typeName: string;
  readonly schemaName: string;
  readonly tableName: string;
  readonly isAutoIncrement: boolean;
  readonly isSigned: boolean;
  readonly isCurrency: boolean;
  readonly isCaseSensitive: boolean;
  /** As JDBC has it: 0 never NULL, 1 may be NULL, 2 unknown. */
  readonly nullable: number;
  readonly precision: number;
  readonly scale: number;
  readonly arrayBaseColumnType: number;
}

interface Origin {
  readonly tableName: string;
  readonly columnName: string;
  readonly isNotNull: boolean;
  readonly isSerial: boolean;
}

/** Describes the columns; those that come from a table with its name, NULL and numbering. */
export async function describeColumns(
  columns: readonly ColumnDescription[],
  types: readonly FoundType[],
  session: Session,
): Promise<readonly ColumnMetadata[]> {
  const origins = await readOrigins(columns, session);
  return columns.map((column, index) => {
    const type = types[index];
    if (type === undefined) throw new TypeError(`no type for column ${index}`);
    return describe(column, type, origins.get(`${column.tableID}.${column.columnID}`));
  });
}

async function readOrigins(
  columns: readonly ColumnDescription[],
  session: Session,
): Promise<ReadonlyMap<string, Origin>> {
  const tables = [...new Set(columns.map(({ tableID }) => tableID))].filter((oid) => oid !== 0);
  if (tables.length === 0) return new Map();
  const { rows } = await session.run({
    text: originsQuery,
    types: [1028],
    values: [`{${tables.join(',')}}`],
  });
  return new Map(
    rows.map(([key, tableName, columnName, isNotNull, isSerial]) => [
      key ?? '',
      {
        tableName: tableName ?? '',
        columnName: columnName ?? '',
        isNotNull: isNotNull === 't',
        isSerial: isSerial === 't',
      },
    ]),
  );
}

const originsQuery = `
  select a.attrelid operator(pg_catalog.||) '.' operator(pg_catalog.||) a.attnum, c.relname::text, a.attname::text,
         a.attnotnull,
         coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) operator(pg_catalog.~~) 'nextval(%', false)
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
    left join pg_catalog.pg_attrdef d
      on d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
   where a.attrelid operator(pg_catalog.=) any ($1)`;

function describe(
  column: ColumnDescription,
  { scalar, isArray }: FoundType,
  origin: Origin | undefined,
): ColumnMetadata {
  const isSerial = !isArray && origin?.isSerial === true && serialNames.has(scalar.name);
  return {
    name: origin?.columnName ?? column.name,
    label: column.name,
    type: isArray ? arrayJdbcType : scalar.jdbcType,
    typeName: nameType(scalar, { isArray, isSerial }),
    schemaName: '',
    tableName: origin?.tableName ?? '',
    isAutoIncrement: isSerial,
    isSigned: ['long', 'double', 'decimal'].includes(scalar.kind),
    isCurrency: false,
    isCaseSensitive: scalar.kind === 'string',
    nullable: origin === undefined ? 2 : Number(!origin.isNotNull),
    ...measure(scalar, column.dataTypeModifier),
    arrayBaseColumnType: isArray ? scalar.jdbcType : 0,
  };
}

/** Aurora names a numbered column as it was declared. */
const serialNames = new Map([
  ['int2', 'smallserial'],
  ['int4', 'serial'],
  ['int8', 'bigserial'],
]);

function nameType(scalar: ScalarType, facts: { isArray: boolean; isSerial: boolean }): string {
  if (facts.isArray) return `_${scalar.name}`;
  return (facts.isSerial ? serialNames.get(scalar.name) : undefined) ?? scalar.name;
}

/** PostgreSQL's type modifier counts its own four bytes of header. */
const modifierHeader = 4;

function measure(scalar: ScalarType, modifier: number): { precision: number; scale: number } {
  const declared = modifier - modifierHeader;
  if (modifier === -1) return { precision: scalar.precision, scale: 0 };
  if (scalar.kind === 'decimal') {
    return { precision: declared >> 16, scale: ((declared & 0x7ff) ^ 1024) - 1024 };
  }
  const isText = scalar.name === 'varchar' || scalar.name === 'bpchar';
  return { precision: isText ? declared : scalar.precision, scale: 0 };
}
