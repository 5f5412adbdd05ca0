import { expect, test } from 'vitest';
import { formatOf, parseTenantsFile } from './parse-tenants-file.ts';

test('a CSV file gives its columns, with quotes, line breaks in cells, and the line of each record', () => {
  const text =
    '\uFEFFslug,name,plan,field.seats,field.zip\r\nacme,"ACME, ""the"" Inc",pro,25,007\r\n\r\n"globex","two\nlines",,,\r\nlast,,free,true,\r\n';
  const { rows, problems } = parseTenantsFile(text, 'csv');
  expect(problems).toEqual([]);
  expect(rows).toEqual([
    {
      line: 2,
      slug: 'acme',
      name: 'ACME, "the" Inc',
      fields: { plan: 'pro', seats: 25, zip: '007' },
    },
    { line: 4, slug: 'globex', name: 'two\nlines', fields: {} },
    { line: 6, slug: 'last', fields: { plan: 'free', seats: true } },
  ]);
});

test('JSON and NDJSON give the same rows; in JSON a line is the number of the entry', () => {
  const tenants = [
    { slug: 'acme', name: 'ACME', fields: { plan: 'pro' } },
    { slug: 'globex', plan: 'free', 'field.seats': 3 },
  ];
  const rows = [
    { line: 1, slug: 'acme', name: 'ACME', fields: { plan: 'pro' } },
    { line: 2, slug: 'globex', fields: { plan: 'free', seats: 3 } },
  ];
  const lines = tenants.map((tenant) => JSON.stringify(tenant)).join('\n');
  expect(parseTenantsFile(JSON.stringify(tenants, null, 2), 'json')).toEqual({
    rows,
    problems: [],
  });
  expect(parseTenantsFile(`${lines}\n`, 'ndjson')).toEqual({ rows, problems: [] });
});

test.each([
  ['csv', 'slug,name\nacme\nglobex,Globex\nx,y,z\n', [2, 4]],
  ['csv', 'name\nACME\n', [1]],
  ['csv', 'slug,colour\nacme,red\n', [2]],
  ['ndjson', '{"slug":"acme"}\n{"slug":\n[1]\n', [2, 3]],
  ['json', '[{"slug":"acme"}, 7]', [2]],
  ['ndjson', '{"slug":"acme","fields":"plan"}', [1]],
  ['json', '{"slug":"acme"}', [1]],
] as const)('lines that are no tenants are named: %s %j', (format, text, lines) => {
  expect(parseTenantsFile(text, format).problems.map(({ line }) => line)).toEqual(lines);
});

test.each([
  ['tenants.csv', '{', 'csv'],
  ['tenants.JSON', '', 'json'],
  ['tenants.jsonl', '', 'ndjson'],
  ['-', ' [{}]', 'json'],
  ['-', '{"slug":"a"}', 'ndjson'],
  ['-', 'slug\nacme', 'csv'],
])('the format of %s with %j is %s', (name, text, format) => {
  expect(formatOf(name, text)).toBe(format);
});
