import { Validations } from 'aws-cdk-lib/core';
import { Role, AccountRootPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { buildPlatform, withDomain, withoutTemplateCheck } from './synthesize-platform.ts';

const acknowledged = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;

test.each([{}, withDomain])('AwsSolutions finds nothing: %o', (settings) => {
  const { app } = buildPlatform(settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => withoutTemplateCheck(() => app.synth())).not.toThrow();
});

test('a wildcard that nobody gave a reason for stops the synthesis', () => {
  const { app, stack } = buildPlatform();
  const role = new Role(stack, 'planted', { assumedBy: new AccountRootPrincipal() });
  role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:*'], resources: ['*'] }));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => withoutTemplateCheck(() => app.synth())).toThrow(/validation/i);
});

test('every acknowledgement gives a reason', () => {
  const { stack } = buildPlatform();
  const entries = stack.node
    .findAll()
    .flatMap((construct) => construct.node.metadata.filter(({ type }) => type === acknowledged));
  expect(entries.length).toBeGreaterThan(10);
  const reasons = entries.flatMap(({ data }) => Object.values(data as Record<string, string>));
  for (const reason of reasons) expect(reason.length).toBeGreaterThan(30);
});
