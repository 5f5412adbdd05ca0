/** One value of one type: what a program writes, what PostgreSQL then holds, and what the program reads. */
export interface TypeRow {
  /** As in `pg_type.typname`. */
  readonly type: string;
  /** What the table calls the value. */
  readonly title: string;
  readonly written: unknown;
  /** PostgreSQL's text form; null for NULL. Undefined where the value must be refused. */
  readonly stored: string | null | undefined;
  readonly read: unknown;
}

function row(type: string, title: string, rest: Partial<TypeRow> & { stored: string }): TypeRow {
  const { stored, written = stored, read = written } = rest;
  return { type, title, written, stored, read };
}

const quotes = String.raw`it's "quoted" \ and \n`;
const moment = new Date('2026-03-08T07:30:00.123Z');
const uuid = '9f3b0c2e-3c1e-4d53-8a51-0f6d1a2b3c4d';
const digits = '123456789012.345678901234567890';

const values: readonly TypeRow[] = [
  row('bool', 'true', { written: true, stored: 'true' }),
  row('bool', 'false', { written: false, stored: 'false' }),
  row('int2', '-32768', { written: -32_768, stored: '-32768' }),
  row('int4', '2147483647', { written: 2_147_483_647, stored: '2147483647' }),
  row('int8', '7', { written: 7n, stored: '7' }),
  row('int8', '9007199254740993', {
    written: 9_007_199_254_740_993n,
    stored: '9007199254740993',
  }),
  row('int8', '-9223372036854775808', {
    written: -9_223_372_036_854_775_808n,
    stored: '-9223372036854775808',
  }),
  row('numeric', '30 digits', { stored: digits }),
  row('numeric', 'NaN', { stored: 'NaN' }),
  row('float8', '0.1', { written: 0.1, stored: '0.1' }),
  row('float8', 'NaN', { written: NaN, stored: 'NaN' }),
  row('float8', 'Infinity', { written: Infinity, stored: 'Infinity' }),
  row('float8', '-Infinity', { written: -Infinity, stored: '-Infinity' }),
  row('float8', '-0', { written: -0, stored: '-0' }),
  row('text', 'empty', { written: '', stored: '' }),
  row('text', 'emoji', { stored: 'čau 👋🏽' }),
  row('text', 'quotes and backslashes', { stored: quotes }),
  row('text', 'words with a colon', { stored: ':p1 ::text :name' }),
  row('text', 'looks like a date', { stored: '2026-01-31' }),
  { type: 'text', title: 'NUL (refused)', written: 'a\u0000b', stored: undefined, read: undefined },
  row('uuid', 'a UUID', { stored: uuid }),
  row('json', 'an object', { written: { a: [1, null, 'ü'] }, stored: '{"a":[1,null,"ü"]}' }),
  row('jsonb', 'an object', { written: { a: [1, null] }, stored: '{"a": [1, null]}' }),
  row('jsonb', 'an array', { written: '[1, 2]', stored: '[1, 2]', read: [1, 2] }),
  row('jsonb', 'a string', { written: '"abc"', stored: '"abc"', read: 'abc' }),
  row('jsonb', 'a number', { written: '7.5', stored: '7.5', read: 7.5 }),
  row('jsonb', 'JSON null', { written: 'null', stored: 'null', read: null }),
  row('date', 'a day', { stored: '2026-03-08' }),
  row('time', 'microseconds', { stored: '02:30:00.123456' }),
  row('timestamp', 'an hour that summer time skips', { stored: '2026-03-08 02:30:00' }),
  row('timestamp', 'microseconds', { stored: '2026-03-08 02:30:00.123456' }),
  row('timestamptz', 'a Date', { written: moment, stored: '2026-03-08 07:30:00.123+00' }),
  row('timestamptz', 'text with microseconds', {
    written: '2026-03-08 07:30:00.123456+00',
    stored: '2026-03-08 07:30:00.123456+00',
    read: moment,
  }),
  row('interval', 'months, days, hours', { stored: '1 mon -2 days +03:04:05.5' }),
  row('bytea', 'empty', { written: Buffer.alloc(0), stored: String.raw`\x` }),
  row('bytea', 'a zero byte', {
    written: Buffer.from([0, 255, 92]),
    stored: String.raw`\x00ff5c`,
  }),
  row('mood', 'a label of an enum', { stored: "it's ok" }),
  row('_text', 'empty', { written: [], stored: '{}' }),
  row('_text', 'quotes, braces, NULL', {
    written: ['a', '', 'NULL', null, quotes, '{,}'],
    stored: String.raw`{a,"","NULL",NULL,"it's \"quoted\" \\ and \\n","{,}"}`,
  }),
  row('_int4', 'with NULL', { written: [1, null, -3], stored: '{1,NULL,-3}' }),
  row('_int4', 'empty', { written: [], stored: '{}' }),
  row('_uuid', 'two', { written: [uuid, uuid], stored: `{${uuid},${uuid}}` }),
];

/** Every type's values, and NULL in each type. */
export const typeRows: readonly TypeRow[] = [
  ...values,
  ...[...new Set(values.map(({ type }) => type))].map((type) => ({
    type,
    title: 'SQL NULL',
    written: null,
    stored: null,
    read: null,
  })),
].toSorted((left, right) => typeOrder(left) - typeOrder(right));

function typeOrder({ type }: TypeRow): number {
  return values.findIndex((other) => other.type === type);
}
