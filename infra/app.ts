import { join } from 'node:path';
import { compileMigrations } from '@tenantry/migrations';
import { App, FileSystem, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdk from '../cdk.json' with { type: 'json' };
import config from '../tenantry.config.ts';
import { bundleFunctions } from './bundle-functions.ts';
import { exitWithReason } from './exit-with-reason.ts';
import { PlatformStack } from './platform-stack.ts';
import { parseSettings } from './settings.ts';
import { synthesizeApplication } from './synthesize-application.ts';

const root = join(import.meta.dirname, '..');

// The feature flags of cdk.json reach the app only through the CDK command line; without it the template would differ.
const app = new App({
  context: cdk.context,
  analyticsReporting: false,
  outdir: process.env['CDK_OUTDIR'] ?? join(root, 'cdk.out'),
});
const settings = parseSettings(app.node);
const migrations = await compileMigrations({
  roots: config.migrations.map((folder) => join(root, folder)),
}).catch(exitWithReason);

const bundles = join(app.outdir, 'functions');
const code = await bundleFunctions({
  sourceDir: join(root, 'functions'),
  outDir: bundles,
  migrations,
  cacheDir: process.env['TENANTRY_BUNDLE_CACHE'],
});

// oxlint-disable-next-line no-new -- a stack adds itself to its app
new PlatformStack(app, `tenantry-${settings.stage}`, {
  ...settings,
  migrations,
  code,
  applicationTemplate: synthesizeApplication({
    ...settings,
    code,
    outDir: join(app.outdir, 'application'),
  }),
  installationHash: FileSystem.fingerprint(join(bundles, 'fleet-prepare-cluster/index.mjs')),
});

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
