import { expect, test } from 'vitest';
import { findConventionProblems } from './conventions.ts';

test.each([
  ['a named import of zod', "import { z } from 'zod';"],
  ['a default import of zod', "import z from 'zod';"],
  ['a host name parsed as a URL', 'const url = new URL(`http://${host}`);'],
  ['an enum', 'export enum Status { Active }'],
])('%s is a breach', (_, source) => {
  expect(findConventionProblems('a.ts', `\n${source}\n`)).toEqual([
    expect.stringMatching(/^a\.ts:2: /),
  ]);
});

test('a file called after nothing is a breach', () => {
  expect(findConventionProblems('packages/x/src/utils.ts', '')).toHaveLength(1);
  expect(findConventionProblems('packages/x/src/common/a.ts', '')).toHaveLength(1);
});

test('namespace and type imports of zod are in order', () => {
  const source = `import * as z from 'zod';\nimport type { ZodType } from 'zod';\n`;

  expect(findConventionProblems('a.ts', source)).toEqual([]);
});
