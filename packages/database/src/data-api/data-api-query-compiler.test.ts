import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  sql,
  type Compilable,
} from 'kysely';
import { expect, test } from 'vitest';
import { DataApiQueryCompiler } from './data-api-query-compiler.ts';

const columnTypes = {
  poll: { id: 'uuid', at: 'timestamptz', tags: '_text', mood: 'mood', span: 'interval' },
  choice: { poll_id: 'uuid', votes: 'int4', doc: 'jsonb' },
};

type Tables = Record<string, Record<string, unknown>>;

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new DataApiQueryCompiler(columnTypes),
  },
});

function sqlOf(query: Compilable): string {
  return query.compile().sql;
}

test('inserted values have the types of their columns, row by row', () => {
  const query = db.insertInto('poll').values([
    { id: 'a', tags: ['x', 'y"z', null] },
    { id: null, tags: sql`default` },
  ]);
  expect(sqlOf(query)).toBe(
    'insert into "poll" ("id", "tags") values (cast(:p1 as uuid), cast(:p2 as text[])), (cast(:p3 as uuid), default)',
  );
  expect(query.compile().parameters).toEqual(['a', String.raw`{"x","y\"z",NULL}`, null]);
});

test('the update of a conflict has the types of the same table', () => {
  const query = db
    .insertInto('poll')
    .values({ id: 'a' })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ at: 'b' }).where('excluded.id', '=', 'c'),
    );
  expect(sqlOf(query)).toMatch(
    /do update set "at" = cast\(:p2 as timestamptz\) where "excluded"."id" = cast\(:p3 as uuid\)$/,
  );
});

test.each([
  ['=', 'a', '= cast(:p1 as uuid)'],
  ['in', ['a', 'b'], 'in (cast(:p1 as uuid), cast(:p2 as uuid))'],
  ['not in', ['a'], 'not in (cast(:p1 as uuid))'],
  ['is distinct from', 'a', 'is distinct from cast(:p1 as uuid)'],
  ['is', null, 'is null'],
] as const)('a value compared by %s has the type of the column', (operator, value, text) => {
  expect(sqlOf(db.selectFrom('poll').select('id').where('id', operator, value))).toBe(
    `select "id" from "poll" where "id" ${text}`,
  );
});

test('bounds, rows, quantifiers and the left side have the types of what they are compared with', () => {
  const query = db
    .selectFrom('poll')
    .select('id')
    .where((eb) => eb.between('at', 'a', 'b'))
    .where((eb) => eb(eb.refTuple('at', 'id'), '<', eb.tuple('c', 'd')))
    .where((eb) => eb('id', '=', eb.fn.any(eb.val(['e']))))
    .where((eb) => eb(eb.val<unknown>('f'), '=', eb.ref('mood')));
  expect(sqlOf(query)).toBe(
    'select "id" from "poll" where "at" between cast(:p1 as timestamptz) and cast(:p2 as timestamptz)' +
      ' and ("at", "id") < (cast(:p3 as timestamptz), cast(:p4 as uuid))' +
      ' and "id" = any(cast(:p5 as uuid[])) and cast(:p6 as "mood") = "mood"',
  );
});

test('columns are found through aliases, joins, derived tables and outer queries', () => {
  const query = db
    .selectFrom('poll as p')
    .innerJoin('choice as c', 'c.poll_id', 'p.id')
    .innerJoin(db.selectFrom('poll').select('at as moment').as('d'), (join) => join.onTrue())
    .select('c.votes')
    .where('p.id', '=', 'a')
    .where('votes', '>', 1)
    .where('d.moment', '=', 'b')
    .where((eb) => eb.exists(eb.selectFrom('choice').select('votes').where('p.at', '=', 'c')));
  expect(sqlOf(query)).toMatch(
    /"p"."id" = cast\(:p1 as uuid\) and "votes" > cast\(:p2 as int4\) and "d"."moment" = cast\(:p3 as timestamptz\)/,
  );
  expect(sqlOf(query)).toMatch(/"p"."at" = cast\(:p4 as timestamptz\)\)$/);
});

test('a common table expression hides the table of its name', () => {
  const query = db
    .with('poll', (cte) => cte.selectFrom('choice').select('votes as id'))
    .selectFrom('poll')
    .select('id')
    .where('id', '=', 'a');
  expect(sqlOf(query)).toMatch(/where "id" = :p1$/);
});

test('an unknown table hides an outer column of the same name', () => {
  const query = db
    .selectFrom('poll')
    .select('id')
    .where((eb) => eb.exists(eb.selectFrom('unknown').select('x').where('id', '=', 'a')));
  expect(sqlOf(query)).toMatch(/"id" = :p1\)$/);
});

test('merge writes to its target', () => {
  const query = db
    .mergeInto('poll as t')
    .using('choice as s', 's.poll_id', 't.id')
    .whenMatched()
    .thenUpdateSet({ at: 'a' })
    .whenNotMatched()
    .thenInsertValues({ id: 'b' });
  expect(sqlOf(query)).toMatch(
    /update set "at" = cast\(:p1 as timestamptz\) .* values \(cast\(:p2 as uuid\)\)$/,
  );
});

test('a type of the users own is of the schema that the table was named with', () => {
  const query = db.withSchema('shared').updateTable('poll').set({ mood: 'sad', span: '1 day' });
  expect(sqlOf(query)).toBe(
    'update "shared"."poll" set "mood" = cast(:p1 as "shared"."mood"), "span" = cast(:p2 as interval)',
  );
});

test('without the column, the cast follows from the type in the program', () => {
  const query = sql`select ${1n}, ${new Date(0)}, ${{ a: 1 }}, ${-0}, ${'a'}, ${2}`.compile(db);
  expect(query.sql).toBe(
    'select cast(:p1 as int8), cast(:p2 as timestamptz), cast(:p3 as jsonb), cast(:p4 as float8), :p5, :p6',
  );
});

test('columns that the Data API does not return are read as text and sorted as they are', () => {
  expect(sqlOf(db.selectFrom('poll').select(['id', 'span as s']).orderBy('s'))).toBe(
    'select "id", cast("poll"."span" as text) as "s" from "poll" order by "poll"."span"',
  );
  expect(sqlOf(db.deleteFrom('poll').returningAll())).toBe(
    'delete from "poll" returning "poll"."id" as "id", "poll"."at" as "at", cast("poll"."tags" as text) as "tags",' +
      ' "poll"."mood" as "mood", cast("poll"."span" as text) as "span"',
  );
});

test('a table without such columns is selected as it is', () => {
  expect(sqlOf(db.selectFrom('choice').selectAll())).toBe('select * from "choice"');
});

test('a failed compilation leaves nothing behind for the next', () => {
  const failing = db.insertInto('poll').values({ id: Symbol('a') });
  expect(() => failing.compile()).toThrow(TypeError);
  expect(sqlOf(db.selectFrom('choice').select('votes').where('at', '=', 'a'))).toMatch(/= :p1$/);
});
