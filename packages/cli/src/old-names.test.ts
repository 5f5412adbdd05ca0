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
    ['tenant', 'list', '--output', 'csv'],
  ],
  [
    ['showtenants', '--isolation-type', 'schema', '--format', 'json'],
    ['tenant', 'list', '--where', 'isolation=schema', '--output', 'json'],
  ],
  [
    ['migratetenant', '--tenant-id', 'acme', 'polls', '0002', '--plan'],
    ['migrate', 'up', 'acme', '--module', 'polls', '--to', 'polls/0002', '--plan'],
  ],
  [
    ['migratetenant', '--tenant-id', 'acme', 'polls', 'zero'],
    ['migrate', 'down', 'acme', '--module', 'polls', '--to', 'zero'],
  ],
  [
    ['migratetenant', '--fake', '--tenant-id', 'acme', 'polls', '0002_votes'],
    [
      'migrate',
      'mark',
      'acme',
      'polls/0002_votes',
      '--applied',
      '--reason',
      'migratetenant --fake',
    ],
  ],
  [
    ['migratetenant', '--tenant-id', 'acme', '--fake-initial', '--stage', 'prod'],
    ['migrate', 'baseline', 'acme', '--reason', 'migratetenant --fake-initial', '--stage', 'prod'],
  ],
  [
    ['migratealltenants', '--noinput'],
    ['migrate', 'up', '--all', '--no-input', '--yes'],
  ],
  [
    ['createtenantsuperuser', '--tenant-id', 'acme', '--username', 'chief'],
    ['admin', 'create', 'acme', '--name', 'chief'],
  ],
  [
    ['runschema', './seed.ts', '-s', 'acme', '-s', 'globex', '--parallel'],
    ['run', './seed.ts', 'acme', 'globex', '--concurrency', '8'],
  ],
  [
    ['runschema', './seed.ts', '-ds', '-x', 'acme'],
    ['run', './seed.ts', '--all', '--exclude', 'acme'],
  ],
  [
    ['--stage', 'prod', '--json', 'whowill', '-as'],
    ['--stage', 'prod', '--json', 'targets', '--all', '--scope', 'all'],
  ],
  [
    ['whowill', '-as'],
    ['targets', '--all', '--scope', 'all'],
  ],
])('%j is %j today', (old, today) => {
  expect(findNewForm(old)).toEqual(today);
});

test('any other first word is left alone', () => {
  expect(findNewForm(['tenant', 'list'])).toBeUndefined();
  expect(findNewForm(['toString'])).toBeUndefined();
  expect(findNewForm([])).toBeUndefined();
});
