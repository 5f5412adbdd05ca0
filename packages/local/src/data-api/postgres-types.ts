/** How a value of a type travels in the Data API's answer. */
export type FieldKind =
  | 'long'
  | 'double'
  | 'boolean'
  | 'decimal'
  | 'blob'
  | 'string'
  | 'time'
  | 'timestamp'
  | 'timestamptz';

/** A type that the Data API can return. */
export interface ScalarType {
  /** PostgreSQL's own name. */
  readonly name: string;
  readonly kind: FieldKind;
  /** The number of `java.sql.Types`, as column metadata has it. */
  readonly jdbcType: number;
  /** Digits or characters of a value, where the type alone says it. */
  readonly precision: number;
}

/** A type as found by its OID: a scalar, or an array of one. */
export interface FoundType {
  readonly scalar: ScalarType;
  readonly isArray: boolean;
}

type Row = readonly [
  oid: number,
  arrayOid: number | undefined,
  name: string,
  kind: FieldKind,
  jdbcType: number,
  precision: number,
];

/** The scalar types of the Aurora user guide's list, and those seen to work besides: oid and timestamptz. */
const rows: readonly Row[] = [
  [16, 1000, 'bool', 'boolean', -7, 1],
  [17, undefined, 'bytea', 'blob', -2, 0],
  [19, 1003, 'name', 'string', 12, 63],
  [20, 1016, 'int8', 'long', -5, 19],
  [21, 1005, 'int2', 'long', 5, 5],
  [23, 1007, 'int4', 'long', 4, 10],
  [25, 1009, 'text', 'string', 12, 2_147_483_647],
  [26, 1028, 'oid', 'long', -5, 10],
  [114, 199, 'json', 'string', 1111, 2_147_483_647],
  [650, undefined, 'cidr', 'string', 1111, 0],
  [700, 1021, 'float4', 'double', 7, 8],
  [701, 1022, 'float8', 'double', 8, 17],
  [869, undefined, 'inet', 'string', 1111, 0],
  [1042, 1014, 'bpchar', 'string', 1, 0],
  [1043, 1015, 'varchar', 'string', 12, 2_147_483_647],
  [1082, 1182, 'date', 'string', 91, 13],
  [1083, 1183, 'time', 'time', 92, 15],
  [1114, 1115, 'timestamp', 'timestamp', 93, 29],
  [1184, 1185, 'timestamptz', 'timestamptz', 93, 35],
  [1700, 1231, 'numeric', 'decimal', 2, 0],
  [2950, 2951, 'uuid', 'string', 1111, 0],
  [3802, 3807, 'jsonb', 'string', 1111, 2_147_483_647],
];

const known = new Map<number, FoundType>(
  rows.flatMap(([oid, arrayOid, name, kind, jdbcType, precision]) => {
    const scalar = { name, kind, jdbcType, precision };
    const found: [number, FoundType][] = [[oid, { scalar, isArray: false }]];
    if (arrayOid !== undefined) found.push([arrayOid, { scalar, isArray: true }]);
    return found;
  }),
);

/** The type of a built-in OID, or undefined when the Data API cannot return it or it is the user's own. */
export function findBuiltInType(oid: number): FoundType | undefined {
  return known.get(oid);
}

/** An enum of the user's, which travels as a string. */
export function enumType(name: string): FoundType {
  const scalar: ScalarType = { name, kind: 'string', jdbcType: 12, precision: 2_147_483_647 };
  return { scalar, isArray: false };
}

/** The first OID that PostgreSQL gives to types that users make. */
export const firstUserOid = 16_384;

/** The `java.sql.Types` number of every array. */
export const arrayJdbcType = 2003;
