import { expect, test } from 'vitest';
import { formatCsv, formatTable } from './format-table.ts';

test('columns are as wide as what a reader sees, not as their bytes', () => {
  const table = formatTable(
    ['slug', 'name'],
    [
      ['a', 'Zoë e\u0301'],
      ['globex', 'x'],
    ],
  );

  expect(table).toBe('SLUG    NAME\na       Zoë e\u0301\nglobex  x');
});

test('csv quotes commas, quotes and line breaks, and nothing else', () => {
  expect(
    formatCsv(
      ['a', 'b'],
      [
        ['x,y', 'say "hi"'],
        ['two\nlines', 'plain'],
      ],
    ),
  ).toBe('a,b\n"x,y","say ""hi"""\n"two\nlines",plain');
});
