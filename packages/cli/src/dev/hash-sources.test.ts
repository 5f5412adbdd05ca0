import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { hashSources } from './hash-sources.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenantry-hash-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  write('infra/app.ts', 'app');
  write('packages/polls/migrations/tenant/polls/0001_initial.sql', 'create table poll ()');
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test.each([
  ['a changed source', 'infra/app.ts', 'other'],
  ['a new migration', 'packages/polls/migrations/tenant/polls/0002_votes.sql', 'alter table'],
  ['a new lock file', 'package-lock.json', '{}'],
  ['a changed configuration', 'tenantry.config.ts', 'export default {}'],
])('%s changes the hash', (_, path, text) => {
  const before = hashSources(root, []);
  write(path, text);

  expect(hashSources(root, [])).not.toBe(before);
});

test.each(['packages/polls/src/x.test.ts', 'packages/cli/node_modules/x/index.js', 'README.md'])(
  '%s does not change the hash',
  (path) => {
    const before = hashSources(root, []);
    write(path, 'x');

    expect(hashSources(root, [])).toBe(before);
  },
);

test('a parameter changes the hash', () => {
  expect(hashSources(root, ['v24'])).not.toBe(hashSources(root, ['v26']));
});
