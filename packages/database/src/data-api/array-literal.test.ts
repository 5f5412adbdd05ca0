import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatArrayLiteral, parseArrayLiteral } from './array-literal.ts';

test('what is written as an array is read back', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }))), (elements) => {
      expect(parseArrayLiteral(formatArrayLiteral(elements))).toEqual(elements);
    }),
  );
});

test.each([
  ['{}', []],
  ['{a,NULL,"NULL",""}', ['a', null, 'NULL', '']],
  [String.raw`{"a\"b\\c","{,}"}`, [String.raw`a"b\c`, '{,}']],
  ['[0:1]={a,b}', ['a', 'b']],
  [
    '{{1,2},{3,NULL}}',
    [
      ['1', '2'],
      ['3', null],
    ],
  ],
])('%s is read', (text, elements) => {
  expect(parseArrayLiteral(text)).toEqual(elements);
});
