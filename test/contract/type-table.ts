import { inspect, isDeepStrictEqual } from 'node:util';
import { sql, type Kysely } from 'kysely';
import { typeRows, type TypeRow } from './type-rows.ts';

/** A table for each type, named after it, with the one column `value` besides the key. */
export type TypeTables = Record<string, { id: number; value: unknown }>;

/** The ways in which a value travels. */
export const operations = ['insert', 'select', 'update', 'coalesce'] as const;

/** `right`, or what went wrong. */
export type Outcome = string;

/** What happened to one row in each of the operations. */
export type RowOutcome = Readonly<Record<(typeof operations)[number], Outcome>>;

/** How a dialect is measured. */
export interface Measurement {
  readonly db: Kysely<TypeTables>;
  /** A straight connection that says what is stored. */
  readonly admin: Kysely<TypeTables>;
  /** Whether what was read is the value; types may be others than the program's. */
  readonly isSame: (actual: unknown, expected: unknown) => boolean;
}

/** The column map of the tables. */
export const typeColumns = Object.fromEntries(
  typeRows.map(({ type }) => [tableOf(type), { id: 'int4', value: type }]),
);

/** A type's table; not the type's name, because a table's name is a type as well. */
function tableOf(type: string): string {
  return `of_${type}`;
}

/** Makes the tables; the enum `mood` is one of their types. */
export async function createTypeTables(admin: Kysely<TypeTables>): Promise<void> {
  await sql`create type mood as enum ('it''s ok', 'sad')`.execute(admin);
  for (const type of new Set(typeRows.map((row) => row.type))) {
    const columns = sql`id int4 primary key, value ${sql.id(type)}`;
    await sql`create table ${sql.id(tableOf(type))} (${columns})`.execute(admin);
  }
}

/** Runs a row through all operations. */
export async function measureRow(row: TypeRow, measurement: Measurement): Promise<RowOutcome> {
  return {
    insert: await judge(() => insert(row, measurement)),
    select: await judge(() => select(row, measurement)),
    update: await judge(() => update(row, measurement)),
    coalesce: await judge(() => coalesce(row, measurement)),
  };
}

async function judge(operation: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await operation();
  } catch (error) {
    const { name, message } = error as Error;
    const state = /SQLState: (\w{5})/.exec(message)?.[1] ?? (error as { code?: string }).code;
    return `error ${state ?? name}`;
  }
}

/** A text with NUL cannot be stored: any refusal is right. */
async function judgeRefusal(operation: () => Promise<unknown>): Promise<Outcome> {
  try {
    await operation();
  } catch {
    return 'right';
  }
  return 'not refused';
}

async function insert(row: TypeRow, measurement: Measurement): Promise<Outcome> {
  const { db } = measurement;
  await clear(row, measurement);
  const statement = () =>
    db
      .insertInto(tableOf(row.type))
      .values({ id: 1, value: row.written })
      .returning('value')
      .execute();
  if (row.stored === undefined) return await judgeRefusal(statement);
  return await compare(row, measurement, await statement());
}

async function update(row: TypeRow, measurement: Measurement): Promise<Outcome> {
  const { db, admin } = measurement;
  await clear(row, measurement);
  await admin.insertInto(tableOf(row.type)).values({ id: 1, value: null }).execute();
  const statement = () =>
    db
      .updateTable(tableOf(row.type))
      .set({ value: row.written })
      .where('id', '=', 1)
      .returning('value')
      .execute();
  if (row.stored === undefined) return await judgeRefusal(statement);
  return await compare(row, measurement, await statement());
}

async function select(row: TypeRow, measurement: Measurement): Promise<Outcome> {
  const { db, admin } = measurement;
  await clear(row, measurement);
  const all = db.selectFrom(tableOf(row.type)).select('value');
  // The type json has no equality.
  const query =
    row.written === null || row.type === 'json'
      ? all.where('value', row.written === null ? 'is' : 'is not', null)
      : all.where((eb) => eb('value', '=', eb.val(row.written)));
  if (row.stored === undefined) return await judgeRefusal(() => query.execute());
  const literal = row.stored === null ? sql`null` : sql.lit(row.stored);
  await sql`insert into ${sql.id(tableOf(row.type))} values (1, ${literal})`.execute(admin);
  return await compare(row, measurement, await query.execute());
}

/** Written beside a column, and read from the result of another query. */
async function coalesce(row: TypeRow, measurement: Measurement): Promise<Outcome> {
  const { db, admin } = measurement;
  await clear(row, measurement);
  await admin.insertInto(tableOf(row.type)).values({ id: 1, value: null }).execute();
  const statement = () =>
    db
      .with('written', (cte) =>
        cte
          .updateTable(tableOf(row.type))
          .set((eb) => ({
            value: eb
              .case()
              .when('id', '=', 1)
              .then(eb.fn.coalesce('value', eb.val(row.written)))
              .else(eb.ref('value'))
              .end(),
          }))
          .returning('value'),
      )
      .selectFrom('written')
      .select('value')
      .execute();
  if (row.stored === undefined) return await judgeRefusal(statement);
  return await compare(row, measurement, await statement());
}

async function clear({ type }: TypeRow, { admin }: Measurement): Promise<void> {
  await admin.deleteFrom(tableOf(type)).execute();
}

async function compare(
  row: TypeRow,
  { admin, isSame }: Measurement,
  rows: readonly { readonly value: unknown }[],
): Promise<Outcome> {
  const stored = sql<{
    text: string | null;
  }>`select value::text as text from ${sql.id(tableOf(row.type))}`;
  const [held] = (await stored.execute(admin)).rows;
  if (held?.text !== row.stored) return `stored ${held?.text ?? 'nothing'}`;
  const [first] = rows;
  if (first === undefined) return 'not found';
  return isSame(first.value, row.read) ? 'right' : `read ${describeValue(first.value)}`;
}

function describeValue(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no Date' : value.toISOString();
  return `${typeof value} ${inspect(value)}`;
}

/** Equal in value and in type. */
export function isEqual(actual: unknown, expected: unknown): boolean {
  return isDeepStrictEqual(actual, expected);
}

/** Equal in value: another package may have other types for it, as long as nothing is lost. */
export function isEquivalent(actual: unknown, expected: unknown): boolean {
  if (typeof actual === 'number' && typeof expected === 'bigint') {
    return Number.isSafeInteger(actual) && BigInt(actual) === expected;
  }
  if (actual instanceof Date && typeof expected === 'string') {
    const iso = `${expected.replace(' ', 'T')}${expected.includes(' ') ? 'Z' : 'T00:00:00Z'}`;
    return !/\.\d{4,}$/.test(expected) && actual.getTime() === Date.parse(iso);
  }
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    return Buffer.compare(actual, expected) === 0;
  }
  return isDeepStrictEqual(actual, expected);
}
