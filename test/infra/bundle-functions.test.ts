import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bundleFunctions } from '../../infra/bundle-functions.ts';
import type { FunctionEntry } from '../../infra/function-code.ts';

/** A folder with entry files; gone after the test. */
function writeEntries(sources: Partial<Record<FunctionEntry, string>>) {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-bundle-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const sourceDir = join(dir, 'functions');
  for (const [entry, source] of Object.entries(sources)) {
    mkdirSync(join(sourceDir, entry, '..'), { recursive: true });
    writeFileSync(join(sourceDir, `${entry}.ts`), source);
  }
  return { sourceDir, outDir: join(dir, 'out'), entries: Object.keys(sources) as FunctionEntry[] };
}

/** The files that are loaded before a handler is called: what `index.mjs` imports, and what that imports. */
function filesOfStart(dir: string): string[] {
  const files = new Set([join(dir, 'index.mjs')]);
  for (const file of files)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import)"(\.\/[^"]+)"/g,
    ))
      files.add(join(dir, name));
  return [...files];
}

function holdsDriver(file: string): boolean {
  return readFileSync(file, 'utf8').includes('SASL: SCRAM');
}

function readBundle(outDir: string): string {
  return readFileSync(join(outDir, 'api/index.mjs'), 'utf8');
}

test('each entry becomes one module in a folder of its own, and those that need them hold the migrations', async () => {
  const options = writeEntries({
    'api/index': 'export const handler = (): number => 1;',
    'fleet/migrator': 'export const handler = (): number => 2;',
  });
  await bundleFunctions({ ...options, migrations: { hash: 'h' } });
  expect(existsSync(join(options.outDir, 'api/index.mjs'))).toBe(true);
  expect(existsSync(join(options.outDir, 'api/migrations.json'))).toBe(false);
  expect(
    JSON.parse(readFileSync(join(options.outDir, 'fleet-migrator/migrations.json'), 'utf8')),
  ).toEqual({ hash: 'h' });
});

test('a bundle runs without its sources, CommonJS packages inside it find the modules of Node.js, and errors keep their names', async () => {
  const options = writeEntries({
    'api/index': `
      const { sep } = require('node:path');
      class TenantExistsError extends Error {}
      export const handler = () => ({ sep, name: TenantExistsError.name });`,
  });
  await bundleFunctions({ ...options, migrations: {} });
  rmSync(options.sourceDir, { recursive: true });
  const url = pathToFileURL(join(options.outDir, 'api/index.mjs')).href;
  const script = `import(${JSON.stringify(url)}).then(({ handler }) => console.log(JSON.stringify(handler())))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ sep: '/', name: 'TenantExistsError' });
});

test('the same sources give the same bundle, wherever it is written', async () => {
  const sources = {
    'api/index':
      "import { randomUUID } from 'node:crypto';\nexport const handler = () => randomUUID();",
  };
  const [one, two] = [writeEntries(sources), writeEntries(sources)];
  for (const options of [one, two]) await bundleFunctions({ ...options, migrations: {} });
  expect(readBundle(one.outDir)).toBe(readBundle(two.outDir));
});

test('source that does not build is refused, naming the file', async () => {
  const options = writeEntries({ 'api/index': "import './missing.ts';" });
  await expect(bundleFunctions({ ...options, migrations: {} })).rejects.toThrow('api/index.ts');
});

test("only functions that reach customers' servers carry a driver for them, and requests start without it", async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'tenantry-bundle-'));
  onTestFinished(() => rmSync(outDir, { recursive: true, force: true }));
  const sourceDir = join(import.meta.dirname, '../../functions');
  await bundleFunctions({ sourceDir, outDir, migrations: {} });
  const isCarrier = (folder: string) =>
    readdirSync(join(outDir, folder)).some((file) => holdsDriver(join(outDir, folder, file)));
  const folders = readdirSync(outDir);
  expect(filesOfStart(join(outDir, 'api')).filter(holdsDriver)).toEqual([]);
  expect(folders.filter(isCarrier)).toEqual([
    'api',
    'audit',
    'fleet-migrator',
    'lifecycle-bulk',
    'lifecycle-migrator',
    'lifecycle-provisioner',
    'lifecycle-tenant',
    'migrations',
    'repair',
  ]);
});
