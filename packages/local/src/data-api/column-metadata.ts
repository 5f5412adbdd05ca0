import type { BoundStatement } from './bind-parameters.ts';
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
  const { rows } = await session.run(aboutTables(originsQuery, tables));
  const hasDefaults = rows.some(([, , , , hasDefault]) => hasDefault === 't');
  const serials = hasDefaults ? await readSerials(tables, session) : new Set<string>();
  return new Map(
    rows.map(([key, tableName, columnName, isNotNull]) => [
      key ?? '',
      {
        tableName: tableName ?? '',
        columnName: columnName ?? '',
        isNotNull: isNotNull === 't',
        isSerial: serials.has(key ?? ''),
      },
    ]),
  );
}

async function readSerials(tables: readonly number[], session: Session): Promise<Set<string>> {
  const { rows } = await session.run(aboutTables(serialsQuery, tables));
  return new Set(rows.map(([key]) => key ?? ''));
}

const oidArray = 1028;

function aboutTables(text: string, tables: readonly number[]): BoundStatement {
  return { text, types: [oidArray], values: [`{${tables.join(',')}}`] };
}

/** Two small queries: with joins PostgreSQL plans longer than it reads, and this runs beside most statements. */
const originsQuery = `
  select a.attrelid || '.' || a.attnum, (select c.relname::text from pg_catalog.pg_class c where c.oid = a.attrelid),
         a.attname::text, a.attnotnull, a.atthasdef and a.atttypid in (20, 21, 23)
    from pg_catalog.pg_attribute a
   where a.attrelid = any ($1)`;

const serialsQuery = `
  select d.adrelid || '.' || d.adnum
    from pg_catalog.pg_attrdef d
   where d.adrelid = any ($1) and pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%'`;

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
