import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { parseTenantId } from '@tenantry/tenancy';
import { mockClient, type AwsClientStub } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApplicationStacks, isMadeFor } from './application-stacks.ts';

const id = parseTenantId('aaaaaaaaaaaaaaaaaaaa');
const StackName = `tenantry-prod-t-${id}`;
const tenant = { id, host: 'acme.example.com', secretArn: 'arn:secret' };
const stacks = new ApplicationStacks({
  stage: 'prod',
  templateUrl: 'https://s3/template.json',
  roleArn: 'arn:role',
});
const described = {
  StackId: 'arn:stack',
  StackName,
  CreationTime: new Date('2026-11-21T20:00:00Z'),
  StackStatus: 'CREATE_COMPLETE' as const,
  Parameters: [
    { ParameterKey: 'TenantId', ParameterValue: id },
    { ParameterKey: 'Host', ParameterValue: tenant.host },
    { ParameterKey: 'TenantSecretArn', ParameterValue: tenant.secretArn },
  ],
  Outputs: [{ OutputKey: 'ClusterArn', OutputValue: 'arn:cluster' }],
};

let cloudFormation: AwsClientStub<CloudFormationClient>;
beforeEach(() => {
  cloudFormation = mockClient(CloudFormationClient);
});
afterEach(() => cloudFormation.restore());

function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

test('a stack is made protected, tagged, as the given role and from the given template', async () => {
  await stacks.create(tenant);

  const [call] = cloudFormation.commandCalls(CreateStackCommand);
  expect(call?.args[0].input).toEqual({
    StackName,
    TemplateURL: 'https://s3/template.json',
    RoleARN: 'arn:role',
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    EnableTerminationProtection: true,
    Parameters: described.Parameters,
    Tags: [
      { Key: 'tenantry:stage', Value: 'prod' },
      { Key: 'tenantry:tenant', Value: id },
    ],
  });
});

test('a stack that somebody else has just made is left as it is', async () => {
  cloudFormation
    .on(CreateStackCommand)
    .rejectsOnce(refusal('AlreadyExistsException', 'it exists'))
    .rejects(refusal('LimitExceededException', 'too many stacks'));
  await stacks.create(tenant);
  await expect(stacks.create(tenant)).rejects.toThrow('too many stacks');
});

test('a stack is found with its outputs, and what is not there or deleted is none', async () => {
  cloudFormation
    .on(DescribeStacksCommand, { StackName })
    .resolvesOnce({ Stacks: [described] })
    .resolvesOnce({ Stacks: [{ ...described, StackStatus: 'DELETE_COMPLETE' }] })
    .rejectsOnce(refusal('ValidationError', `Stack with id ${StackName} does not exist`))
    .rejects(refusal('ValidationError', 'Rate exceeded'));
  expect(await stacks.find(id)).toMatchObject({
    name: StackName,
    phase: 'ready',
    outputs: { ClusterArn: 'arn:cluster' },
  });
  expect(await stacks.find(id)).toBeUndefined();
  expect(await stacks.find(id)).toBeUndefined();
  await expect(stacks.find(id)).rejects.toThrow('Rate exceeded');
});

test('a stack that was made for another host or secret is not the one that is wanted', async () => {
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [described] });
  const stack = await stacks.find(id);
  if (stack === undefined) throw new Error('there is no stack');
  expect(isMadeFor(stack, tenant)).toBe(true);
  expect(isMadeFor(stack, { ...tenant, host: 'other.example.com' })).toBe(false);
  expect(isMadeFor(stack, { ...tenant, secretArn: 'arn:other' })).toBe(false);
});

test('an update keeps the parameters, and one that changes nothing is told from one that begins', async () => {
  cloudFormation
    .on(UpdateStackCommand)
    .resolvesOnce({ StackId: 'arn:stack' })
    .rejectsOnce(refusal('ValidationError', 'No updates are to be performed.'))
    .rejects(refusal('ValidationError', 'it cannot be updated'));
  expect(await stacks.update(id)).toBe('begun');
  expect(await stacks.update(id)).toBe('current');
  await expect(stacks.update(id)).rejects.toThrow('it cannot be updated');
  const [call] = cloudFormation.commandCalls(UpdateStackCommand);
  expect(call?.args[0].input.Parameters).toEqual(
    ['TenantId', 'Host', 'TenantSecretArn'].map((ParameterKey) => ({
      ParameterKey,
      UsePreviousValue: true,
    })),
  );
});

test('a removal takes the protection away first, and what is gone is no error', async () => {
  await stacks.remove(id);
  const calls = cloudFormation.calls().map(({ args: [command] }) => command.constructor);
  expect(calls).toEqual([UpdateTerminationProtectionCommand, DeleteStackCommand]);
  cloudFormation
    .on(UpdateTerminationProtectionCommand)
    .rejects(refusal('ValidationError', `Stack ${StackName} does not exist`));
  await stacks.remove(id);
  expect(cloudFormation.commandCalls(DeleteStackCommand)).toHaveLength(1);
});

test('work is described by when it began and at what it is, over all pages of events', async () => {
  const begun = {
    ...described,
    EventId: '1',
    LogicalResourceId: StackName,
    ResourceStatus: 'CREATE_IN_PROGRESS' as const,
    Timestamp: new Date('2026-11-21T20:00:01.500Z'),
  };
  const part = {
    ...begun,
    EventId: '2',
    LogicalResourceId: 'i',
    ResourceType: 'AWS::RDS::DBInstance',
  };
  cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [{ ...described, StackStatus: 'CREATE_IN_PROGRESS' }] })
    .on(DescribeStackEventsCommand, { StackName: 'arn:stack' })
    .resolves({ StackEvents: [part], NextToken: 'more' })
    .on(DescribeStackEventsCommand, { StackName: 'arn:stack', NextToken: 'more' })
    .resolves({ StackEvents: [begun], NextToken: 'older' });
  const stack = await stacks.find(id);
  if (stack === undefined) throw new Error('there is no stack');
  expect(await stacks.describeWork(stack)).toBe(
    'since 2026-11-21T20:00:01Z, at AWS::RDS::DBInstance',
  );
  expect(cloudFormation.commandCalls(DescribeStackEventsCommand)).toHaveLength(2);
});
