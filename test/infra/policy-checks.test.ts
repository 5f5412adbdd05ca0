import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { DefaultStackSynthesizer, Validations } from 'aws-cdk-lib/core';
import type { App, IStackSynthesizer } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { withDomain, withoutTemplateCheck, withPlatform } from './synthesize-platform.ts';

/** Synthesizes with the policy checks on; throws when they find something that nobody acknowledged. */
function check(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  withoutTemplateCheck(() => app.synth());
}

test.each([{}, withDomain])('AwsSolutions finds nothing: %o', (settings) => {
  withPlatform(settings, ({ app }) => {
    expect(() => check(app)).not.toThrow();
  });
});

test('AwsSolutions finds nothing where assets are in a bucket of another name', () => {
  const synthesizer = new DefaultStackSynthesizer({ qualifier: 'other' }) as IStackSynthesizer;
  withPlatform({ synthesizer }, ({ app }) => {
    expect(() => check(app)).not.toThrow();
  });
});

test('a wildcard that nobody gave a reason for stops the synthesis', () => {
  withPlatform({}, ({ app, stack }) => {
    const role = new Role(stack, 'planted', { assumedBy: new AccountRootPrincipal() });
    role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:*'], resources: ['*'] }));
    expect(() => check(app)).toThrow(/validation/i);
  });
});

test('every acknowledgement gives a reason', () => {
  const reasons = withPlatform({}, ({ stack }) =>
    stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.values(data as Record<string, string>)),
  );
  expect(reasons.length).toBeGreaterThan(10);
  for (const reason of reasons) expect(reason.length).toBeGreaterThan(30);
});
