import type { Reporter, TestModule } from 'vitest/node';

/** How many tests of a run had which end; a file that could not be loaded counts as one failed test. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/** A line that a program can read, last in the output: `312 passed, 0 failed`. */
export function formatCounts(counts: TestCounts): string {
  return `${counts.passed} passed, ${counts.failed} failed`;
}

/** Adds up the tests of all files; `unhandledErrors` are errors outside of any test, and each counts as a failure. */
export function countTests(modules: readonly TestModule[], unhandledErrors: number): TestCounts {
  const counts = { passed: 0, failed: unhandledErrors };
  for (const module of modules) {
    const failedBefore = counts.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed' || state === 'failed') counts[state] += 1;
    }
    if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
  }
  return counts;
}

/** A vitest reporter that ends the output of a run with the line of `formatCounts`. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const line = formatCounts(countTests(modules, unhandledErrors.length));
    // Reporters end side by side; at the process' exit the other ones have said all they had to say.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}
