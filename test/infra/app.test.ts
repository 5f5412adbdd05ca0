import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import { environmentNames } from '../../functions/environment.ts';
import { PlatformTemplate, textOf, wordsOf } from './platform-template.ts';

const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'tenantry-synth-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const domain = {
  domain: 'localhost',
  certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/localhost',
};

const environment = {
  PATH: `${join(root, 'node_modules/.bin')}:/usr/bin:/bin`,
  HOME: dir,
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  CDK_CONTEXT_JSON: JSON.stringify(domain),
};

/** Synthesizes as a user without account and credentials would; the environment holds nothing but what is given and where Node keeps compiled code. */
function synthesize(name: string, settings: Readonly<Record<string, string>> = {}) {
  const outDir = join(dir, name);
  const env = { ...environment, CDK_OUTDIR: outDir, CDK_VALIDATION: 'false', ...settings };
  const result = spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  return { status: result.status, stderr: result.stderr, outDir };
}

function templateOf(outDir: string): string {
  return readFileSync(join(outDir, 'tenantry-dev.template.json'), 'utf8');
}

/** A template without what only the command line adds: the paths of constructs. */
function withoutPaths(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (key === 'Metadata' ? undefined : value));
}

const alone = synthesize('alone');

test('the app synthesizes by itself, without account, credentials or command line', () => {
  expect(alone).toMatchObject({ status: 0, stderr: '' });
});

test('a second synthesis gives the same template', () => {
  const again = synthesize('again', { TENANTRY_BUNDLE_CACHE: join(dir, 'no-bundles') });
  expect(templateOf(again.outDir)).toBe(templateOf(alone.outDir));
});

test('stages are deployments of their own, and the same migrations have the same name on each', () => {
  const context = JSON.stringify({ ...domain, stage: 'staging' });
  const { outDir, stderr } = synthesize('staging', { CDK_CONTEXT_JSON: context });
  expect(stderr).toBe('');
  const staging = readFileSync(join(outDir, 'tenantry-staging.template.json'), 'utf8');
  expect(migrationHashOf(staging)).toBe(migrationHashOf(templateOf(alone.outDir)));
  expect(staging).not.toContain('tenantry-dev');
});

function migrationHashOf(template: string): unknown {
  const { Resources } = JSON.parse(template) as {
    Resources: Record<string, { Type: string; Properties: { hash?: string } }>;
  };
  const run = Object.values(Resources).find(({ Type }) => Type === 'Custom::MigrateFleet');
  return run?.Properties.hash ?? 'no run';
}

interface Assets {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

test('each function finds its handler in its asset, and the migrations where it needs them', () => {
  const { files } = JSON.parse(
    readFileSync(join(alone.outDir, 'tenantry-dev.assets.json'), 'utf8'),
  ) as Assets;
  const functions = new PlatformTemplate(Template.fromString(templateOf(alone.outDir))).functions();
  const withMigrations: string[] = [];
  for (const [name, { Properties }] of functions) {
    const hash = textOf(Properties['Code']?.['S3Key']).replace('.zip', '');
    const asset = join(alone.outDir, files[hash]?.source.path ?? '');
    const [file, exportName] = textOf(Properties['Handler']).split('.');
    expect(readFileSync(join(asset, `${file}.mjs`), 'utf8')).toMatch(
      new RegExp(`as ${exportName}\\b`),
    );
    if (readdirSync(asset).includes('migrations.json')) withMigrations.push(name);
  }
  expect(functions.size).toBe(22);
  expect(withMigrations.toSorted()).toEqual([
    'control',
    'fleet-migrator',
    'lifecycle-bulk',
    'lifecycle-migrator',
    'migrations',
    'on-deploy',
    'on-deploy-complete',
    'prepare-cluster',
  ]);
});

test("the template of dedicated tenants' stacks is published with the one stack, and so is the code that it names, which is that of all others", () => {
  const { artifacts } = readJson<Manifest>('manifest.json');
  const stacks = Object.values(artifacts).filter(({ type }) => type === 'aws:cloudformation:stack');
  expect(stacks).toHaveLength(1);
  const { files } = readJson<Assets>('tenantry-dev.assets.json');
  const platform = new PlatformTemplate(Template.fromString(templateOf(alone.outDir)));
  const variables = platform.functions().get('applications')?.Properties['Environment'];
  const url = wordsOf(variables?.['Variables']?.[environmentNames.applicationTemplateUrl]);
  const [, hash = ''] = /([0-9a-f]{64})\.json$/.exec(url) ?? [];
  const published = readJson<object>(files[hash]?.source.path ?? '');
  const application = new PlatformTemplate(Template.fromJSON(published));
  const [own] = application.ofType('AWS::Lambda::Function');
  expect(own?.Properties['Code']).toEqual(platform.functions().get('api')?.Properties['Code']);
  const keys = JSON.stringify(published).match(/[0-9a-f]{64}(?=\.)/g) ?? [];
  expect(keys).toHaveLength(1);
  for (const key of keys) expect(Object.keys(files)).toContain(key);
});

interface Manifest {
  readonly artifacts: Readonly<Record<string, { readonly type: string }>>;
}

function readJson<Json>(file: string): Json {
  return JSON.parse(readFileSync(join(alone.outDir, file), 'utf8')) as Json;
}

test('context that does not fit is refused before anything is written', () => {
  const { status, stderr, outDir } = synthesize('refused', {
    CDK_CONTEXT_JSON: JSON.stringify({ domain: 'app.example.com' }),
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('certificateArn');
  expect(existsSync(join(outDir, 'tenantry-dev.template.json'))).toBe(false);
});

test("the CDK command line, with CDK's own checks of the template, gives the same template as the app by itself", () => {
  const outDir = join(dir, 'cli');
  const context = Object.entries(domain).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const command = [
    'node_modules/aws-cdk/bin/cdk',
    'synth',
    '--quiet',
    '--no-notices',
    '--output',
    outDir,
    ...context,
  ];
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    env: environment,
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(withoutPaths(templateOf(outDir))).toEqual(withoutPaths(templateOf(alone.outDir)));
});
