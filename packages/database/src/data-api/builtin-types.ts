/** Names of PostgreSQL's own types, which need no schema and no quotes. */
const builtinTypes: ReadonlySet<string> = new Set(
  (
    'bool bytea name int8 int2 int4 text oid json xml float4 float8 money bpchar varchar date time timestamp timestamptz timetz ' +
    'interval numeric uuid jsonb bit varbit inet cidr macaddr macaddr8 point line lseg box path polygon circle tsvector tsquery ' +
    'int4range int8range numrange tsrange tstzrange daterange jsonpath pg_lsn regclass'
  ).split(' '),
);

/** Types whose values the Data API returns; an enum's are returned as well, under its own name. */
const returnedTypes: ReadonlySet<string> = new Set(
  (
    'bool bytea name int8 int2 int4 text oid json float4 float8 bpchar varchar date time timestamp timestamptz numeric uuid jsonb ' +
    'inet cidr'
  ).split(' '),
);

/** Whether PostgreSQL brings the type along. */
export function isBuiltinType(type: string): boolean {
  return builtinTypes.has(type);
}

/** The type of the elements of an array's type; undefined for a type that is no array. */
export function elementTypeOf(type: string): string | undefined {
  return type.startsWith('_') ? type.slice(1) : undefined;
}

/** Whether values of the type must be read as text: intervals, geometry and the like, and arrays, whose form there loses NULL. */
export function isReadAsText(type: string): boolean {
  return elementTypeOf(type) !== undefined || (isBuiltinType(type) && !returnedTypes.has(type));
}
