import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App } from 'aws-cdk-lib/core';
import cdk from '../../cdk.json' with { type: 'json' };
import type { FunctionCode } from '../../infra/function-code.ts';
import { PlatformStack } from '../../infra/platform-stack.ts';
import type { PlatformStackProps } from '../../infra/platform-stack.ts';
import { PlatformTemplate } from './platform-template.ts';

/** Settings of a stack with a domain. */
export const withDomain = {
  domain: 'app.example.com',
  certificateArn:
    'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-4000-8000-000000000000',
};

/** A stand-in for the functions' code, so that nothing is bundled. */
export const standInCode: FunctionCode = () =>
  Code.fromAsset(join(import.meta.dirname, 'stand-in'));

/** The stack and the app of its own that holds it. */
export interface Platform {
  readonly app: App;
  readonly stack: PlatformStack;
}

/** The stack in an app of its own, with stand-ins for code and template. */
function buildPlatform(props: Partial<PlatformStackProps>): Platform {
  const outdir = mkdtempSync(join(tmpdir(), 'tenantry-assembly-'));
  const app = new App({ context: cdk.context, analyticsReporting: false, outdir });
  const stack = new PlatformStack(app, 'tenantry-dev', {
    stage: 'dev',
    maxCapacity: 8,
    code: standInCode,
    installationHash: 'installation-hash',
    applicationTemplate: join(import.meta.dirname, 'stand-in-application.json'),
    migrations: { hash: 'migrations-hash', scopes: { catalog: { hash: 'catalog-hash' } } },
    ...props,
  });
  return { app, stack };
}

/** Builds the stack, hands it to `fn` and removes what a synthesis wrote. */
export function withPlatform<Result>(
  props: Partial<PlatformStackProps>,
  fn: (platform: Platform) => Result,
): Result {
  const platform = buildPlatform(props);
  try {
    return fn(platform);
  } finally {
    rmSync(platform.app.outdir, { recursive: true, force: true });
  }
}

/** The stack's template. */
export function synthesizePlatform(props: Partial<PlatformStackProps> = {}): PlatformTemplate {
  return withPlatform(props, ({ stack }) =>
    withoutTemplateCheck(() => new PlatformTemplate(Template.fromStack(stack))),
  );
}

/** Runs a synthesis without CDK's own check of templates, which takes seconds each time; the test of the app has it once. */
export function withoutTemplateCheck<Result>(fn: () => Result): Result {
  const before = process.env['CDK_VALIDATION'];
  process.env['CDK_VALIDATION'] = 'false';
  try {
    return fn();
  } finally {
    if (before === undefined) delete process.env['CDK_VALIDATION'];
    else process.env['CDK_VALIDATION'] = before;
  }
}
