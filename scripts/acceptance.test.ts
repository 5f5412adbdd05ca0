import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findAcceptanceProblems, hasTest, listExpectedIds, parseAcceptance } from './acceptance.ts';

function table(replaced: Record<string, string> = {}): string {
  return listExpectedIds()
    .map((id) => replaced[id] ?? `| ${id} | sentence | planned | way | – |`)
    .join('\n');
}

function problemsOf(replaced: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'tenantry-acceptance-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'a.test.ts'), `test('a second "acme" is refused', () => {});`);
  return findAcceptanceProblems(parseAcceptance(table(replaced)), root);
}

test('there are 148 rows', () => {
  expect(listExpectedIds()).toHaveLength(148);
});

test('a table with every row and no claim is in order', () => {
  expect(problemsOf({})).toEqual([]);
});

test('a row that works is in order when its test exists', () => {
  const row = '| A2 | once | works | a\\|b | `a.test.ts`: a second "acme" is refused |';

  expect(problemsOf({ A2: row })).toEqual([]);
});

test.each([
  ['', 'A2: the row is missing'],
  ['| A2 | s | works | way | – |', 'A2: works, but names no test'],
  ['| A2 | s | done | way | – |', 'A2: status "done" is neither works nor planned'],
  ['| A2 | s | works | way | `b.test.ts`: x |', 'A2: there is no file b.test.ts'],
  ['| A2 | s | works | way | `a.test.ts`: x |', 'A2: a.test.ts has no test "x"'],
  ['| A2 | s | planned | – |', 'A2: has 4 cells instead of 5'],
  [
    '| A2 | s | works | way | a.test.ts |',
    'A2: names its proof in another form than `file`: name of the test',
  ],
  ['| A2 | s | planned | w | – |\n| A2 | s | planned | w | – |', 'A2: is there twice'],
  ['| A2 | s | planned | w | – |\n| F1 | s | planned | w | – |', 'F1: there is no such row'],
])('row %j is refused: %s', (row, problem) => {
  expect(problemsOf({ A2: row })).toContain(problem);
});

test('a name counts as a test only where a call begins with it', () => {
  expect(hasTest(`test('x is refused', () => {})`, 'x is refused')).toBe(true);
  expect(hasTest('test.each(cases)(`x is refused`, () => {})', 'x is refused')).toBe(true);
  expect(hasTest(`const name = 'x is refused';`, 'x is refused')).toBe(false);
});
