import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAcceptanceProblems, parseAcceptance } from './acceptance.ts';

const root = join(import.meta.dirname, '..');
const rows = parseAcceptance(readFileSync(join(root, 'docs/acceptance.md'), 'utf8'));
const problems = findAcceptanceProblems(rows, root);
for (const problem of problems) console.error(`docs/acceptance.md ${problem}`);
if (problems.length > 0) {
  process.exitCode = 1;
} else {
  const works = rows.filter((row) => row.status === 'works').length;
  console.log(`acceptance: ${rows.length} rows, ${works} work, each with an existing test`);
}
