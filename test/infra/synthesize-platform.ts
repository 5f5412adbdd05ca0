import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { App } from 'aws-cdk-lib/core';
import { afterAll } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { PlatformStack } from '../../infra/platform-stack.ts';
import type { PlatformStackProps } from '../../infra/platform-stack.ts';

/** Settings of a stack with a domain. */
export const withDomain = {
  domain: 'app.example.com',
  certificateArn:
    'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-4000-8000-000000000000',
};

const codeDir = mkdtempSync(join(tmpdir(), 'tenantry-code-'));
writeFileSync(join(codeDir, 'index.mjs'), 'export const handler = () => null;\n');
afterAll(() => rmSync(codeDir, { recursive: true, force: true }));

/** The stack in an app of its own, with a stand-in for the functions' code so that nothing is bundled. */
export function buildPlatform(props: Partial<PlatformStackProps> = {}): {
  app: App;
  stack: PlatformStack;
} {
  const app = new App({ context: cdk.context, analyticsReporting: false });
  const stack = new PlatformStack(app, 'tenantry-dev', {
    stage: 'dev',
    maxCapacity: 8,
    code: () => Code.fromAsset(codeDir),
    migrations: { hash: 'migrations-hash', scopes: { catalog: { hash: 'catalog-hash' } } },
    ...props,
  });
  return { app, stack };
}

/** The stack's template. */
export function synthesizePlatform(props: Partial<PlatformStackProps> = {}): PlatformTemplate {
  const { stack } = buildPlatform(props);
  return new PlatformTemplate(withoutTemplateCheck(() => Template.fromStack(stack)));
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

/** One resource of a template. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Readonly<Record<string, any>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A template with the questions that our tests ask of it. */
export class PlatformTemplate {
  readonly template: Template;
  readonly resources: readonly Resource[];

  constructor(template: Template) {
    this.template = template;
    const resources = template.toJSON()['Resources'] as Record<string, Omit<Resource, 'id'>>;
    this.resources = Object.entries(resources).map(([id, resource]) => ({ id, ...resource }));
  }

  /** All resources of a type. */
  ofType(type: string): readonly Resource[] {
    return this.resources.filter((resource) => resource.Type === type);
  }

  /** The one resource of a type whose properties have these values. */
  getOne(type: string, properties: Readonly<Record<string, unknown>> = {}): Resource {
    const found = this.ofType(type).filter((resource) =>
      Object.entries(properties).every(([key, value]) => resource.Properties[key] === value),
    );
    if (found.length !== 1)
      throw new Error(`${found.length} resources ${type} ${JSON.stringify(properties)}`);
    return found[0]!;
  }

  /** Our functions, by the last part of their names; CDK's own helper functions have no name. */
  functions(): ReadonlyMap<string, Resource> {
    const named = this.ofType('AWS::Lambda::Function').filter(
      (it) => it.Properties['FunctionName'] !== undefined,
    );
    return new Map(
      named.map((it) => [it.Properties['FunctionName'].replace('tenantry-dev-', ''), it]),
    );
  }

  /** The definition of one of our state machines; in place of a function's ARN it has the last part of the function's name. */
  definition(name: string): Record<string, any> {
    const { Properties } = this.getOne('AWS::StepFunctions::StateMachine', {
      StateMachineName: `tenantry-dev-${name}`,
    });
    const nameById = new Map(
      [...this.functions()].map(([function_, resource]) => [resource.id, function_]),
    );
    const parts: (string | { 'Fn::GetAtt': [string, string] })[] =
      Properties['DefinitionString']['Fn::Join'][1];
    const text = parts.map((part) =>
      typeof part === 'string' ? part : nameById.get(part['Fn::GetAtt'][0]),
    );
    return JSON.parse(text.join(''));
  }
}
