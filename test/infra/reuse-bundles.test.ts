import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { reuseBundles } from '../../infra/reuse-bundles.ts';

let dir: string;
let bundled: number;

function write(name: string, text: string): void {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Waits until what is written from now on is later than what was, by the clock of file systems. */
function untilLater(): void {
  const file = join(dir, 'clock');
  const now = () => {
    writeFileSync(file, '');
    return statSync(file, { bigint: true }).ctimeNs;
  };
  const start = now();
  while (now() === start);
}

/** As package managers do with what they unpack. */
function backdate(file: string): void {
  utimesSync(file, new Date(0), new Date(0));
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tenantry-reuse-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  bundled = 0;
  write('functions/api.ts', 'one');
  write('node_modules/kysely/dist/index.js', 'a library');
  write('node_modules/kysely/package.json', '{"main":"dist/index.js"}');
});

const names = ['api.ts', '../node_modules/kysely/dist/index.js'];

/** A bundle is what its source says; answers what is in the folder of bundles then. */
async function bundle(
  { key = 'minified', during = () => {} }: { key?: string; during?: () => void } = {},
  read: readonly string[] = names,
): Promise<string> {
  const outDir = join(dir, 'out');
  const sourceDir = join(dir, 'functions');
  rmSync(outDir, { recursive: true, force: true });
  untilLater();
  await reuseBundles({ cacheDir: join(dir, 'cache'), key, sourceDir, outDir }, async () => {
    bundled += 1;
    mkdirSync(join(outDir, 'api'), { recursive: true });
    const source = readFileSync(join(sourceDir, 'api.ts'), 'utf8');
    writeFileSync(join(outDir, 'api/index.mjs'), `bundle of ${source}`);
    during();
    return read;
  });
  return readFileSync(join(outDir, 'api/index.mjs'), 'utf8');
}

test('sources that are as they were are not bundled again', async () => {
  expect(await bundle()).toBe('bundle of one');
  expect(await bundle()).toBe('bundle of one');
  expect(bundled).toBe(1);
});

test('sources that are as they once were are not bundled again', async () => {
  await bundle();
  write('functions/api.ts', 'two');
  expect(await bundle()).toBe('bundle of two');
  write('functions/api.ts', 'one');
  expect(await bundle()).toBe('bundle of one');
  expect(bundled).toBe(2);
});

test.each([
  ['a source is another one', 'functions/api.ts'],
  ['a library is another one', 'node_modules/kysely/dist/index.js'],
  ['a package says that another file is meant', 'node_modules/kysely/package.json'],
  ['a manifest came that was not there', 'node_modules/kysely/dist/package.json'],
  ['the settings of the compiler came', 'tsconfig.json'],
])('bundled again is when %s', async (_, file) => {
  await bundle();
  write(file, '{"changed":true}');
  await bundle();
  expect(bundled).toBe(2);
});

test('bundled again is when it is to be done otherwise', async () => {
  await bundle();
  await bundle({ key: 'with comments' });
  expect(bundled).toBe(2);
});

test('bundled again is when a source is gone', async () => {
  write('functions/gone.ts', 'there');
  await bundle({}, [...names, 'gone.ts']);
  rmSync(join(dir, 'functions/gone.ts'));
  await bundle({}, [...names, 'gone.ts']);
  expect(bundled).toBe(2);
});

test.each([
  ['a source changed', () => {}],
  ['a source was put there that says it is older', backdate],
])('what was bundled while %s is not used for that source', async (_, afterwards) => {
  const change = () => {
    write('functions/api.ts', 'two');
    afterwards(join(dir, 'functions/api.ts'));
  };
  expect(await bundle({ during: change })).toBe('bundle of one');
  expect(await bundle()).toBe('bundle of two');
});

test('bundling that fails is not remembered', async () => {
  const fail = () => {
    throw new Error('no such module');
  };
  await expect(bundle({ during: fail })).rejects.toThrow('no such module');
  expect(await bundle()).toBe('bundle of one');
  expect(bundled).toBe(2);
});

test('only the bundles used last are kept', async () => {
  const versions = Array.from({ length: 8 }, (_, index) => `version ${index}`);
  for (const version of versions) {
    write('functions/api.ts', version);
    await bundle();
  }
  bundled = 0;
  write('functions/api.ts', 'version 7');
  await bundle();
  expect(bundled).toBe(0);
  write('functions/api.ts', 'version 0');
  await bundle();
  expect(bundled).toBe(1);
});
