import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The names of the rules that the linter finds broken in a file with this text. */
function lint(source: string): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-lint-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) {
    copyFileSync(join(root, name), join(dir, name));
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'bench.ts'), source);
  const program = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(
    process.execPath,
    [program, '--type-aware', '-f', 'json', 'bench.ts'],
    { cwd: dir, encoding: 'utf8' },
  );
  const report = JSON.parse(stdout) as { diagnostics: { code: string }[] };
  return report.diagnostics.map(({ code }) => code);
}

test('a promise that nobody awaits fails the check', () => {
  const source = `export async function later(): Promise<void> {}
export function start(): void {
  later();
}
`;

  expect(lint(source)).toEqual(['typescript(no-floating-promises)']);
});

test.each([
  ['export const read = (value: any): void => value;\n', 'typescript(no-explicit-any)'],
  ["export const write = (): void => console.log('x');\n", 'eslint(no-console)'],
  ['const x = 1;\nexport default x;\n', 'import(no-default-export)'],
  ['export const sum = (a: 1, b: 1, c: 1, d: 1): number => a + b + c + d;\n', 'eslint(max-params)'],
])('%j breaks %s', (source, rule) => {
  expect(lint(source)).toEqual([rule]);
});
