import { expect, test } from 'vitest';
import { parseCreationRows } from './parse-creation-rows.ts';

const defaults = { baseDomain: 'app.test', actor: 'test' };

test('every row that does not fit is a problem with its line and field', () => {
  const { rows, problems } = parseCreationRows(
    [
      { line: 2, slug: 'acme' },
      { line: 3, slug: 'Not A Slug' },
      { line: 4, slug: 'globex', isolation: 'shed' },
      { line: 5, slug: 'initech', domain: 'https://x' },
      { line: 6 },
      { line: 7, slug: 'hooli', isolation: 'dedicated' },
    ],
    defaults,
  );
  expect(rows.map(({ line, request }) => [line, request.domain])).toEqual([[2, 'acme.app.test']]);
  expect(problems.map(({ line, field }) => [line, field])).toEqual([
    [3, 'slug'],
    [4, 'isolation'],
    [5, 'domain'],
    [6, 'slug'],
    [7, 'isolation'],
  ]);
  expect(problems.at(-1)?.reason).toContain('tenantry tenant create hooli --isolation dedicated');
});

test('a slug or a domain that an earlier row has is a problem naming that row', () => {
  const { problems } = parseCreationRows(
    [
      { line: 2, slug: 'acme' },
      { line: 3, slug: 'globex', domain: 'acme.app.test' },
      { line: 4, slug: 'acme', domain: 'other.app.test' },
    ],
    defaults,
  );
  expect(problems).toEqual([
    { line: 3, field: 'domain', reason: '"acme.app.test" is on line 2 too', isTaken: false },
    { line: 4, field: 'slug', reason: '"acme" is on line 2 too', isTaken: false },
  ]);
});
