import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findConventionProblems } from './conventions.ts';

const root = join(import.meta.dirname, '..');
const files = globSync('{functions,infra,packages/*/src,test}/**/*.ts', {
  cwd: root,
  exclude: ['**/node_modules/**'],
});
const problems = files.flatMap((file) =>
  findConventionProblems(file, readFileSync(join(root, file), 'utf8')),
);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`conventions: ${files.length} files in order`);
