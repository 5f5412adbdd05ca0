import { expect, test } from 'vitest';
import { compareObjects } from './compare-objects.ts';

const objects = (...entries: [string, string][]) => new Map(entries);

test('equal objects do not differ, whatever their order', () => {
  const one = objects(['table a', 'x'], ['column a.b', 'int']);
  const other = objects(['column a.b', 'int'], ['table a', 'x']);
  expect(compareObjects(one, other)).toEqual([]);
});

test('the parts of a table that is missing as a whole are not listed, its indexes and those of others are', () => {
  const expected = objects(
    ['table a', 'x'],
    ['column a.b', 'int'],
    ['constraint a.k', 'check'],
    ['index a_idx', 'on a'],
    ['column ab.c', 'int'],
  );
  const actual = objects(['table z', 'x'], ['column z.b', 'int']);
  expect(
    compareObjects(expected, actual).map(({ object, difference }) => [object, difference]),
  ).toEqual([
    ['column ab.c', 'missing'],
    ['index a_idx', 'missing'],
    ['table a', 'missing'],
    ['table z', 'unexpected'],
  ]);
});

test('what is expected and what is there stand side by side', () => {
  expect(compareObjects(objects(['column a.b', 'int']), objects(['column a.b', 'text']))).toEqual([
    { object: 'column a.b', difference: 'different', expected: 'int', actual: 'text' },
  ]);
});
