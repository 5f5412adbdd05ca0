import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

// Version 3.0.0 of aws-cdk is an old build under a new number, and it is the one that `latest` gives.
test('the CDK command line is pinned to the live line, never 3.0.0', () => {
  expect(readJson('package.json').devDependencies['aws-cdk']).toBe('2.1148.1');
  expect(readJson('package-lock.json').packages['node_modules/aws-cdk'].version).toBe('2.1148.1');
  expect(readJson('node_modules/aws-cdk/package.json').version).toBe('2.1148.1');
});

test('constructs and policy checks are pinned exactly', () => {
  const { devDependencies } = readJson('package.json');
  for (const name of ['aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild']) {
    expect(devDependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
  }
});
