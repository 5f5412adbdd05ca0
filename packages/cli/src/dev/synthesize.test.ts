import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { synthesize, type Synthesis } from './synthesize.ts';

const app = `
import { mkdirSync, writeFileSync } from 'node:fs';
const out: string = process.env.CDK_OUTDIR ?? '';
mkdirSync(out + '/asset.1', { recursive: true });
writeFileSync(out + '/asset.1/index.mjs', '');
writeFileSync(out + '/s.assets.json', JSON.stringify({ files: { 1: { source: { path: 'asset.1' } } } }));
writeFileSync(out + '/manifest.json', process.env.CDK_CONTEXT_JSON ?? '');
`;

let projectRoot: string;

beforeEach(() => {
  projectRoot = mkdtempSync(join(tmpdir(), 'tenantry-synth-'));
  onTestFinished(() => rmSync(projectRoot, { recursive: true }));
  mkdirSync(join(projectRoot, 'infra'));
  writeFileSync(join(projectRoot, 'package.json'), '{"type":"module"}');
  writeApp(app);
});

function writeApp(text: string): void {
  writeFileSync(join(projectRoot, 'infra/app.ts'), text);
}

function run(signal = new AbortController().signal): Promise<Synthesis> {
  const dataDir = join(projectRoot, '.tenantry');
  mkdirSync(dataDir, { recursive: true });
  return synthesize({ projectRoot, dataDir, env: process.env, signal });
}

test('the app runs with the local stage as context, into the data folder', async () => {
  const { assemblyDir, isFresh } = await run();

  expect(isFresh).toBe(true);
  expect(assemblyDir).toBe(join(projectRoot, '.tenantry/cdk.out'));
  expect(JSON.parse(readFileSync(join(assemblyDir, 'manifest.json'), 'utf8'))).toMatchObject({
    stage: 'local',
    domain: 'localhost',
  });
});

test('unchanged sources are not synthesized again, a changed one is', async () => {
  await run();
  const second = await run();
  writeApp(`${app}// changed`);
  const third = await run();

  expect([second.isFresh, third.isFresh]).toEqual([false, true]);
});

test('an assembly that lost a file is made again', async () => {
  const { assemblyDir } = await run();
  rmSync(join(assemblyDir, 'asset.1'), { recursive: true });

  expect(await run()).toMatchObject({ isFresh: true });
});

test('a failing app is told with its own words, and the assembly before it is not used', async () => {
  await run();
  writeApp(`throw new Error('domain "x y" is not a host name');`);

  await expect(run()).rejects.toMatchObject({
    code: 'SYNTH_FAILED',
    exitCode: exitCodes.failed,
    message: 'infra/app.ts ended with 1.',
    why: expect.stringContaining('domain "x y" is not a host name'),
  });
  await expect(run()).rejects.toMatchObject({ code: 'SYNTH_FAILED' });
  expect(readFileSync(join(projectRoot, '.tenantry/logs/synth.log'), 'utf8')).toContain('x y');
});

test('an interruption ends the app', async () => {
  const started = join(projectRoot, 'started');
  writeApp(`
    import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(started)}, '');
    setInterval(() => {}, 1000);
  `);
  const controller = new AbortController();
  const synthesis = run(controller.signal);
  await expect.poll(() => existsSync(started)).toBe(true);
  controller.abort();

  await expect(synthesis).rejects.toMatchObject({
    code: 'INTERRUPTED',
    exitCode: exitCodes.interrupted,
  });
});
