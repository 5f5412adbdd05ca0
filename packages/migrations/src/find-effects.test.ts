import { expect, test } from 'vitest';
import { findEffects } from './find-effects.ts';
import { splitStatements } from './split-statements.ts';

async function effectsOf(statement: string) {
  const [parsed] = await splitStatements(statement, { file: 'a.sql', firstLine: 1 });
  return findEffects(parsed?.tree).map(({ table, lock, cost }) => `${table}: ${lock}, ${cost}`);
}

test.each([
  ['create index concurrently i on a (b)', ['a: SHARE UPDATE EXCLUSIVE, scan']],
  ['drop index concurrently i', ['i: SHARE UPDATE EXCLUSIVE, instant']],
  ['create table a (id int)', []],
  ['create type mood as enum ()', []],
  [
    'alter table a add foreign key (b) references c',
    ['a: SHARE ROW EXCLUSIVE, scan', 'c: SHARE ROW EXCLUSIVE, instant'],
  ],
  [
    'alter table a add column x int, add constraint k check (x > 0) not valid',
    ['a: ACCESS EXCLUSIVE, instant'],
  ],
  [
    'alter table a add column x int default 0, alter column y type text',
    ['a: ACCESS EXCLUSIVE, rewrite'],
  ],
  [
    'update a set x = b.x from b where b.id = a.id',
    ['a: ROW EXCLUSIVE, rewrite', 'b: ACCESS SHARE, scan'],
  ],
  [
    'with gone as (delete from a returning *) insert into b select * from gone',
    ['b: ROW EXCLUSIVE, instant', 'a: ROW EXCLUSIVE, rewrite'],
  ],
  ['drop table a, b cascade', ['a: ACCESS EXCLUSIVE, instant', 'b: ACCESS EXCLUSIVE, instant']],
])('strongest lock first, one line a table: %s', async (statement, expected) => {
  expect(await effectsOf(statement)).toEqual(expected);
});

test('a tree of something that is no statement has no effects', () => {
  expect(findEffects(undefined)).toEqual([]);
});
