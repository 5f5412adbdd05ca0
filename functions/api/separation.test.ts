import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Endpoints, pages and queries of the application; not what opens a tenant's tables for them. */
const files = globSync('{functions/api,packages/polls/src}/**/*.ts', {
  cwd: root,
  exclude: ['**/*.test.ts', '**/*.test-d.ts', '**/*.gen.ts', 'functions/api/application.ts'],
});

test.each(files)('%s tells neither tenants nor isolation types apart', (file) => {
  const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  expect(code.match(/isolation|\bpool|sharesTables|withSchema|search_path|current_user/i)).toBe(
    null,
  );
  expect(code.match(/\.where\([^)]*tenant|\btenant\.(slug|status)|\btenant_id/i)).toBe(null);
});

test('what is looked through are the endpoints and the queries', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'functions/api/list-polls.ts',
      'functions/api/admin/poll-pages.ts',
      'packages/polls/src/poll-queries.ts',
    ]),
  );
});
