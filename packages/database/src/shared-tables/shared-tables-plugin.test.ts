import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type QueryResult,
} from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import { expect, test } from 'vitest';
import { SharedTablesPlugin } from './shared-tables-plugin.ts';

interface Tables {
  poll: { id: number; question: string; key: string | null };
  choice: { id: number; poll_id: number };
  /** Not in the map of columns. */
  draft: { id: number; poll_id: number };
}

const columnTypes = {
  poll: { id: 'int8', question: 'text', key: 'text' },
  choice: { id: 'int8', poll_id: 'int8' },
};

function open(rows: readonly Record<string, unknown>[] = []): Kysely<Tables> {
  class Driver extends DummyDriver {
    override async acquireConnection() {
      return {
        executeQuery: async <Row>() => ({ rows }) as QueryResult<Row>,
        async *streamQuery() {
          throw new Error('not used');
        },
      };
    }
  }
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Driver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [new SharedTablesPlugin(columnTypes)],
  });
}

const db = open();
const row = { id: 1, question: '?', key: null };

test.each([
  [
    'one column',
    db
      .insertInto('poll')
      .values(row)
      .onConflict((oc) => oc.column('key').doNothing()),
    'on conflict ("tenant", "key") do nothing',
  ],
  [
    'several columns, with a condition and an update',
    db
      .insertInto('poll')
      .values(row)
      .onConflict((oc) =>
        oc
          .columns(['id', 'key'])
          .where('key', 'is not', null)
          .doUpdateSet((eb) => ({ question: eb.ref('excluded.question') })),
      ),
    'on conflict ("tenant", "id", "key") where "key" is not null do update set "question" = "excluded"."question"',
  ],
  [
    'an expression',
    db
      .insertInto('poll')
      .values(row)
      .onConflict((oc) => oc.expression(sql`lower(question)`).doNothing()),
    'on conflict ("tenant", lower(question)) do nothing',
  ],
  [
    'a constraint, which keeps its name',
    db
      .insertInto('poll')
      .values(row)
      .onConflict((oc) => oc.constraint('poll_key_key').doNothing()),
    'on conflict on constraint "poll_key_key" do nothing',
  ],
  [
    'nothing',
    db
      .insertInto('poll')
      .values(row)
      .onConflict((oc) => oc.doNothing()),
    'on conflict do nothing',
  ],
  [
    'a column, inside of a common table expression',
    db
      .with('new', (qc) =>
        qc
          .insertInto('poll')
          .values(row)
          .onConflict((oc) => oc.column('key').doNothing())
          .returning('id'),
      )
      .selectFrom('new')
      .select('id'),
    'on conflict ("tenant", "key") do nothing returning "id") select "id" from "new"',
  ],
])("an ON CONFLICT that names %s means the tenant's own rows", (_, query, clause) => {
  expect(query.compile().sql).toContain(clause);
});

test.each([
  [
    'selectAll()',
    db.selectFrom('poll').selectAll(),
    'select "poll"."id", "poll"."question", "poll"."key" from "poll"',
  ],
  [
    'of an alias',
    db
      .selectFrom('poll as p')
      .innerJoin('choice', 'poll_id', 'p.id')
      .selectAll('p')
      .select('choice.id as c'),
    'select "p"."id", "p"."question", "p"."key", "choice"."id" as "c" from "poll" as "p" inner join "choice" on "poll_id" = "p"."id"',
  ],
  [
    'of a subquery and what it is made from',
    db.selectFrom(db.selectFrom('choice').selectAll().as('c')).selectAll(),
    'select "c"."id", "c"."poll_id" from (select "choice"."id", "choice"."poll_id" from "choice") as "c"',
  ],
  [
    'of a common table expression',
    db
      .with('c', (qc) => qc.selectFrom('choice').selectAll())
      .selectFrom('c')
      .selectAll(),
    'with "c" as (select "choice"."id", "choice"."poll_id" from "choice") select "c"."id", "c"."poll_id" from "c"',
  ],
  [
    'returningAll() of an update',
    db.updateTable('choice').set({ poll_id: 2 }).returningAll(),
    'update "choice" set "poll_id" = $1 returning "choice"."id", "choice"."poll_id"',
  ],
  [
    'returningAll() of an insert',
    db.insertInto('choice').values({ id: 1, poll_id: 1 }).returningAll(),
    'insert into "choice" ("id", "poll_id") values ($1, $2) returning "choice"."id", "choice"."poll_id"',
  ],
  [
    'a column that the program itself calls so',
    db.selectFrom('poll').select(['id', 'question as tenant']),
    'select "id", "question" as "tenant" from "poll"',
  ],
])('only the columns that the program knows are asked for: %s', (_, query, text) => {
  expect(query.compile().sql).toBe(text);
});

test.each([
  [
    'by its key and reads another column',
    db
      .selectFrom('poll')
      .innerJoin('choice', 'choice.poll_id', 'poll.id')
      .select(['poll.question', sql`count(*)`.as('n')])
      .groupBy('poll.id'),
    'group by "poll"."id", "poll"."tenant"',
  ],
  [
    'by its key, under another name, and orders by another column',
    db.selectFrom('poll as p').select('id').groupBy('id').orderBy('question'),
    'group by "id", "p"."tenant" order by "question"',
  ],
  [
    'by all that it reads',
    db
      .selectFrom('poll')
      .select(['question', (eb) => eb.fn.max('id').as('n')])
      .groupBy('question'),
    'group by "question"',
  ],
  [
    'by a column of a result, not of a table',
    db
      .with('c', (qc) => qc.selectFrom('choice').selectAll())
      .selectFrom('c')
      .select(['c.id', 'c.poll_id'])
      .groupBy('c.id'),
    'group by "c"."id"',
  ],
])('a query that groups a table %s means the same', (_, query, end) => {
  expect(query.compile().sql.slice(-end.length)).toBe(end);
});

test('rows in JSON are without the column as well', () => {
  const { sql: text } = db
    .selectFrom('poll')
    .select((eb) =>
      jsonArrayFrom(
        eb.selectFrom('choice').selectAll().whereRef('choice.poll_id', '=', 'poll.id'),
      ).as('choices'),
    )
    .compile();
  expect(text).toContain('(select "choice"."id", "choice"."poll_id" from "choice"');
});

test('where the columns are not known they are all asked for, and the one is taken out of the result', async () => {
  const rows = [{ id: 1, poll_id: 2, tenant: 't_a' }];
  const withRows = open(rows);
  expect(await withRows.selectFrom('draft').selectAll().execute()).toEqual([{ id: 1, poll_id: 2 }]);
  expect(await withRows.deleteFrom('draft').returningAll().execute()).toEqual([
    { id: 1, poll_id: 2 },
  ]);
  const named = withRows.selectFrom('draft').selectAll().select('poll_id as tenant');
  expect(await named.execute()).toEqual(rows);
  expect(await withRows.selectFrom('draft').select(['id', 'poll_id']).execute()).toEqual(rows);
});
