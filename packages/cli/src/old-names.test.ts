import { expect, test } from 'vitest';
import { findNewForm } from './old-names.ts';

test.each([
  [['createtenant'], ['tenant', 'create']],
  [
    ['migratetenant', '--tenant-id', 'acme'],
    ['migrate', 'up', 'acme'],
  ],
  [
    ['migratetenant', '--tenant-id=acme'],
    ['migrate', 'up', 'acme'],
  ],
  [['migratealltenants'], ['migrate', 'up', '--all']],
  [
    ['showtenants', '--format=csv'],
    ['tenant', 'list', '--output=csv'],
  ],
])('%j is %j today', (old, today) => {
  expect(findNewForm(old)).toEqual(today);
});

test('any other first word is left alone', () => {
  expect(findNewForm(['tenant', 'list'])).toBeUndefined();
  expect(findNewForm(['toString'])).toBeUndefined();
  expect(findNewForm([])).toBeUndefined();
});
