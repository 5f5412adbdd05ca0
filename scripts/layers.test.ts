import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const packages = [
  'tenancy',
  'database',
  'migrations',
  'local',
  'middleware',
  'polls',
  'cli',
] as const;
const modules = [
  'kysely',
  'pg',
  'zod',
  '@aws-sdk/client-rds-data',
  '@middy/core',
  '@clack/prompts',
  'commander',
];

/** The rule, the folder a file of which breaks it, and what that file imports. */
const breaches = [
  ['layer-tenancy', 'packages/tenancy/src', '@tenantry/database'],
  ['layer-database', 'packages/database/src', '@tenantry/migrations'],
  ['layer-migrations', 'packages/migrations/src', '@tenantry/middleware'],
  ['layer-local', 'packages/local/src', '../../../functions/environment.ts'],
  ['layer-middleware', 'packages/middleware/src', '@tenantry/polls'],
  ['layer-polls', 'packages/polls/src', '@tenantry/local'],
  ['layer-cli', 'packages/cli/src', '../../../infra/app.ts'],
  ['through-the-index', 'packages/database/src', '../../tenancy/src/ids.ts'],
  ['through-the-index-from-outside', 'functions', '../packages/tenancy/src/ids.ts'],
  ['functions-know-nothing-of-local', 'functions', '@tenantry/local'],
  ['infra-imports-names-and-step-lists', 'infra', '@tenantry/database'],
  ['infra-imports-cdk-only', 'infra', 'zod'],
  ['tenancy-imports-kysely-only', 'packages/tenancy/src', 'zod'],
  ['only-database-reaches-postgresql', 'functions', '@aws-sdk/client-rds-data'],
  ['only-database-and-local-import-pg', 'packages/cli/src', 'pg'],
  ['only-middleware-imports-middy', 'packages/polls/src', '@middy/core'],
  ['only-ask-imports-prompts', 'packages/cli/src', '@clack/prompts'],
  ['only-cli-imports-commander', 'packages/local/src', 'commander'],
  ['no-undeclared-dependencies', 'packages/tenancy/src', 'undeclared'],
  ['resolvable', 'packages/tenancy/src', './nowhere.ts'],
] as const;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tenantry-layers-'));
  copyFileSync(join(root, '.dependency-cruiser.mjs'), join(dir, '.dependency-cruiser.mjs'));
  copyFileSync(join(root, 'tsconfig.json'), join(dir, 'tsconfig.json'));
  write('package.json', JSON.stringify({ name: 'root', type: 'module' }));
  write('functions/environment.ts', 'export const names = 1;');
  write('infra/app.ts', 'export const app = 1;');
  for (const name of packages) writePackage(name);
  for (const name of [...modules, 'undeclared']) writeModule(name);
  write('packages/tenancy/src/ids.ts', `import 'kysely'; export const id = 1;`);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a tree that keeps the layers passes', () => {
  write('packages/database/src/open.ts', `import '@tenantry/tenancy'; import 'pg';`);
  write('packages/cli/src/ask.ts', `import '@clack/prompts'; import '@tenantry/local';`);
  write('infra/stack.ts', `import '../functions/environment.ts'; import '@tenantry/tenancy';`);

  expect(findBreaches()).toEqual([]);
});

test('each rule refuses the import it was made for', () => {
  for (const [rule, folder, target] of breaches)
    write(`${folder}/${rule}.ts`, `import '${target}';`);

  const found = findBreaches();

  for (const [rule, folder] of breaches) expect(found).toContain(`${rule}: ${folder}/${rule}.ts`);
});

test('two files that import each other as values are a cycle, two that share types are none', () => {
  write('packages/tenancy/src/a.ts', `import { b } from './b.ts'; export const a = () => b;`);
  write('packages/tenancy/src/b.ts', `import { a } from './a.ts'; export const b = () => a;`);
  write('packages/tenancy/src/c.ts', `import type { D } from './d.ts'; export type C = D | 1;`);
  write('packages/tenancy/src/d.ts', `import type { C } from './c.ts'; export type D = C | 2;`);

  expect(findBreaches()).toEqual(['no-cycles: packages/tenancy/src/a.ts']);
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

function writePackage(name: string): void {
  const manifest = {
    name: `@tenantry/${name}`,
    type: 'module',
    exports: './src/index.ts',
    dependencies: Object.fromEntries(modules.map((module) => [module, '*'])),
  };
  write(`packages/${name}/package.json`, JSON.stringify(manifest));
  write(`packages/${name}/src/index.ts`, 'export const name = 1;');
  mkdirSync(join(dir, 'node_modules/@tenantry'), { recursive: true });
  symlinkSync(join('../../packages', name), join(dir, 'node_modules/@tenantry', name));
}

function writeModule(name: string): void {
  const manifest = { name, type: 'module', exports: './index.js' };
  write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
  write(`node_modules/${name}/index.js`, 'export const name = 1;');
}

/** What the layer check finds in the tree, as `rule: file`. */
function findBreaches(): string[] {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [program, '--output-type', 'json', 'functions', 'packages', 'infra'],
    { cwd: dir, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string }[] };
  };
  return report.summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}
