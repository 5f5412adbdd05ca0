import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describeMachine, percentiles, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

readOptions('cold');
const run = promisify(execFile);
const starts = 11;

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties: FunctionProperties }>>;
}

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Code?: { readonly S3Key?: string };
  readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
}

const outDir = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
try {
  const template = await synthesize();
  console.log(`${describeMachine()}; fresh processes, ${starts} for each\n`);
  const rows: string[][] = [];
  for (const [name, { codeDir, env }] of functionsOf(template)) {
    const bundle = await readBundle(codeDir);
    rows.push([
      name,
      kilobytes(bundle.length),
      kilobytes(gzipSync(bundle).length),
      ...(await timeStarts(join(codeDir, 'index.mjs'), env)),
    ]);
  }
  console.log(toTable(['function', 'kB', 'kB gzipped', 'init ms', 'fastest ms'], rows));
} finally {
  await rm(outDir, { recursive: true, force: true });
}

/** All files of a function's code, those that are loaded on demand as well. */
async function readBundle(codeDir: string): Promise<Buffer> {
  const files = (await readdir(codeDir)).filter((file) => file.endsWith('.mjs'));
  return Buffer.concat(
    await Promise.all(files.map(async (file) => await readFile(join(codeDir, file)))),
  );
}

async function synthesize(): Promise<Template> {
  const context = { stage: 'bench', domain: 'localhost', certificateArn: 'arn:aws:acm:x' };
  await run(process.execPath, ['infra/app.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      ...process.env,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
    },
  });
  const text = await readFile(join(outDir, 'tenantry-bench.template.json'), 'utf8');
  return JSON.parse(text) as Template;
}

/** Our own functions by name, without those that CDK adds. */
function functionsOf({ Resources }: Template) {
  const properties = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map((resource) => resource.Properties);
  return properties.flatMap(({ FunctionName, Code, Environment }) => {
    if (FunctionName === undefined || Code?.S3Key === undefined) return [];
    const codeDir = join(outDir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`);
    return [[FunctionName, { codeDir, env: toEnv(Environment?.Variables ?? {}) }] as const];
  });
}

// What AWS fills in at a deploy is an ARN; a function only has to find something there.
function toEnv(variables: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : 'arn:aws:service:us-east-1:000000000000:resource',
    ]),
  );
}

/** Median and least time to import a file in fresh processes. */
async function timeStarts(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<[median: string, fastest: string]> {
  const script = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log('init', performance.now() - start); process.exit();`;
  const times: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env['PATH'], AWS_REGION: 'us-east-1', ...env },
    });
    times.push(Number(/^init (.+)$/m.exec(stdout)?.[1]));
  }
  return [percentiles(times).p50.toFixed(0), Math.min(...times).toFixed(0)];
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}
