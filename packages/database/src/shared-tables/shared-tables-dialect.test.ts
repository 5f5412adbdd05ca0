import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type Driver,
} from 'kysely';
import { expect, test } from 'vitest';
import { SqlStateError } from '../sql-state.ts';
import { sharedTablesDialect } from './shared-tables-dialect.ts';

interface Tables {
  poll: { id: number; title: string };
  choice: { id: number; poll_id: number };
}

function open(createDriver: () => Driver): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: sharedTablesDialect({
      createAdapter: () => new PostgresAdapter(),
      createDriver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    }),
  });
}

const db = open(() => new DummyDriver());

test.each([
  ['all', db.deleteFrom('poll'), 'update "poll" set "tenantry_deleted" = true'],
  [
    'some',
    db.deleteFrom('poll as p').where('p.id', '=', 1).returning('p.title'),
    'update "poll" as "p" set "tenantry_deleted" = true where "p"."id" = $1 returning "p"."title"',
  ],
  [
    'those that other tables say',
    db
      .deleteFrom('choice')
      .using(['poll', 'choice as other'])
      .innerJoin('poll as mine', 'mine.id', 'choice.id')
      .whereRef('poll.id', '=', 'choice.poll_id'),
    'update "choice" set "tenantry_deleted" = true from "poll", "choice" as "other" inner join "poll" as "mine" on "mine"."id" = "choice"."id" where "poll"."id" = "choice"."poll_id"',
  ],
  [
    'those of a common table expression',
    db
      .with('gone', (q) => q.deleteFrom('poll').returningAll())
      .selectFrom('gone')
      .selectAll(),
    'with "gone" as (update "poll" set "tenantry_deleted" = true returning *) select * from "gone"',
  ],
  [
    'those that a merge deletes',
    db
      .mergeInto('poll')
      .using('choice', 'choice.poll_id', 'poll.id')
      .whenMatchedAnd('poll.id', '>', 1)
      .thenDelete()
      .whenMatched()
      .thenUpdateSet({ title: '?' })
      .whenNotMatched()
      .thenDoNothing(),
    'merge into "poll" using "choice" on "choice"."poll_id" = "poll"."id" when matched and "poll"."id" > $1 then update set "tenantry_deleted" = true when matched then update set "title" = $2 when not matched then do nothing',
  ],
])('rows are marked that a query deletes: %s', (_, query, text) => {
  expect(query.compile().sql).toBe(text);
});

test('no other query is changed', () => {
  expect(db.selectFrom('poll').selectAll().compile().sql).toBe('select * from "poll"');
  expect(sql`delete from poll`.compile(db).sql).toBe('delete from poll');
});

test('a refusal says what to do instead where it is about deleting, and any other error is left as it is', async () => {
  let thrown = new Error('nothing yet');
  class Driver extends DummyDriver {
    override async acquireConnection() {
      return {
        executeQuery: async () => {
          throw thrown;
        },
        async *streamQuery() {
          throw new Error('not used');
        },
      };
    }
  }
  const refusing = open(() => new Driver());
  const failureOf = async (error: Error, text: string) => {
    thrown = error;
    return await sql
      .raw(text)
      .execute(refusing)
      .catch((caught: unknown) => caught);
  };
  const denied = new SqlStateError('permission denied for table poll', { code: '42501' });
  const explained = await failureOf(denied, 'with x as (DELETE from poll) select 1');
  expect(explained).toMatchObject({
    code: '42501',
    message: 'permission denied for table poll',
    hint: expect.stringContaining('deleteFrom()'),
    cause: denied,
  });
  expect(await failureOf(denied, 'truncate poll')).toBe(denied);
  const broken = new Error('connection lost');
  expect(await failureOf(broken, 'delete from poll')).toBe(broken);
});
