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
  expect(sqlOf(query)).toMatch(/where "id" = cast\(:p1 as int4\)$/);
});

test('inside a common table expression of its name, the table is itself', () => {
  const query = db
    .with('poll', (cte) =>
      cte.selectFrom('poll').select(['id as at', 'tags']).where('at', '=', 'a'),
    )
    .with('second', (cte) => cte.selectFrom('poll').selectAll().where('at', '=', 'b'))
    .selectFrom('second')
    .selectAll()
    .where('at', '=', 'c');
  expect(sqlOf(query)).toBe(
    'with "poll" as (select "id" as "at", "tags" from "poll" where "at" = cast(:p1 as timestamptz)),' +
      ' "second" as (select * from "poll" where "at" = cast(:p2 as uuid))' +
      ' select "second"."at" as "at", cast("second"."tags" as text) as "tags" from "second" where "at" = cast(:p3 as uuid)',
  );
});

test('columns of a common table expression have the names it gives them, and those that a write returns', () => {
  const query = db
    .with('renamed(a, b)', (cte) => cte.selectFrom('poll').select(['at as b', 'id as a']))
    .with('written', (cte) => cte.updateTable('poll').set({ at: 'a' }).returning('mood as feeling'))
    .selectFrom(['renamed', 'written'])
    .select('a')
    .where('b', '=', 'b')
    .where('feeling', '=', 'c');
  expect(sqlOf(query)).toMatch(/"b" = cast\(:p2 as uuid\) and "feeling" = cast\(:p3 as "mood"\)$/);
});

test('what a derived table computes is not taken for a column of the same name outside', () => {
  const query = db
    .selectFrom('poll')
    .select('id')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom(
            eb
              .selectFrom('choice')
              .select([sql<string>`upper(x)`.as('at'), 'votes as n'])
              .as('d'),
          )
          .select('n')
          .where('at', '=', 'a')
          .where('n', '=', 1),
      ),
    );
  expect(sqlOf(query)).toMatch(/"at" = :p1 and "n" = cast\(:p2 as int4\)\)$/);
});

test('of a union, and of a query that reads itself, nothing is known', () => {
  const union = db
    .with('u', (cte) =>
      cte.selectFrom('poll').select('id').union(cte.selectFrom('choice').select('votes as id')),
    )
    .selectFrom('u')
    .select('id')
    .where('id', '=', 'a');
  expect(sqlOf(union)).toMatch(/where "id" = :p1$/);
  const recursive = db
    .withRecursive('r', (cte) =>
      cte
        .selectFrom('poll')
        .select('id')
        .unionAll(cte.selectFrom('r').select('id').where('id', '=', 'a')),
    )
    .selectFrom('r')
    .select('id');
  expect(sqlOf(recursive)).toContain('"id" = :p1');
});

test('values that stand in for a column have its type, and so has what is compared with them', () => {
  const query = db
    .selectFrom('poll')
    .select((eb) => eb.fn.coalesce('mood', eb.val('calm')).as('mood'))
    .where((eb) => eb(eb.fn.coalesce('at', eb.val<unknown>('a')), '<', 'b'))
    .where((eb) => eb(eb.val<unknown>('c'), '=', eb.fn<unknown>('nullif', ['id', eb.val('d')])))
    .where((eb) =>
      eb(
        eb.case().when('id', '=', 'e').then(eb.ref('at')).else(eb.val<unknown>('f')).end(),
        '>',
        'g',
      ),
    )
    .where((eb) => eb('at', '>', eb.fn.coalesce(eb.val<unknown>('h'), eb.val<unknown>('i'))))
    .having((eb) => eb(eb.fn.max('at'), '=', 'j'));
  expect(sqlOf(query)).toBe(
    'select coalesce("mood", cast(:p1 as "mood")) as "mood" from "poll"' +
      ' where coalesce("at", cast(:p2 as timestamptz)) < cast(:p3 as timestamptz)' +
      ' and cast(:p4 as uuid) = nullif("id", cast(:p5 as uuid))' +
      ' and case when "id" = cast(:p6 as uuid) then "at" else cast(:p7 as timestamptz) end > cast(:p8 as timestamptz)' +
      ' and "at" > coalesce(cast(:p9 as timestamptz), cast(:p10 as timestamptz))' +
      ' having max("at") = cast(:p11 as timestamptz)',
  );
});

test('a case of a value compares with its type, and what a column is set to has the type of the column', () => {
  const query = db.updateTable('poll').set((eb) => ({
    span: eb
      .case(eb.ref('mood').$castTo<string>())
      .when('sad')
      .then('1 day')
      .when('glad')
      .then('2 days')
      .else(null)
      .end(),
    at: eb.case().when('mood', '=', 'sad').then('a').end(),
  }));
  expect(sqlOf(query)).toBe(
    'update "poll" set "span" = case "mood" when cast(:p1 as "mood") then cast(:p2 as interval)' +
      ' when cast(:p3 as "mood") then cast(:p4 as interval) else null end,' +
      ' "at" = case when "mood" = cast(:p5 as "mood") then cast(:p6 as timestamptz) end',
  );
});

test('columns of different types say nothing about the values beside them', () => {
  const query = db
    .selectFrom('poll')
    .innerJoin('choice', 'choice.poll_id', 'poll.id')
    .select((eb) => eb.fn.coalesce('at', 'votes', eb.val('a')).as('x'));
  expect(sqlOf(query)).toContain('coalesce("at", "votes", :p1)');
});

test('what is compared with a query has the type of its one column', () => {
  const query = db
    .selectFrom('poll')
    .select('id')
    .where((eb) =>
      eb(
        eb.selectFrom('poll as p').select('p.at').whereRef('p.id', '=', 'poll.id').limit(1),
        '<',
        'a',
      ),
    );
  expect(sqlOf(query)).toMatch(/ < cast\(:p2 as timestamptz\)$/);
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
