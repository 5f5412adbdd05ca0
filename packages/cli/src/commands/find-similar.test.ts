import { expect, test } from 'vitest';
import { findSimilar } from './find-similar.ts';

test.each([
  ['acmee', 'acme'],
  ['ACME', 'acme'],
  ['potte', 'potter'],
  ['globxe', 'globex'],
])('%s was meant to be %s', (word, meant) => {
  expect(findSimilar(word, ['potter', 'acme', 'globex'])).toBe(meant);
});

test('a word that is like nothing has no suggestion', () => {
  expect(findSimilar('umbrella', ['potter', 'acme', 'globex'])).toBeUndefined();
  expect(findSimilar('acme', [])).toBeUndefined();
});

test('the nearest of several wins', () => {
  expect(findSimilar('acme-2', ['acme', 'acme-1', 'acme-22'])).toBe('acme-1');
});
