import { expect, test } from 'vitest';
import { resolveRoles } from './resolve-roles.ts';
import { resolveTables } from './resolve-tables.ts';
import { StackScope } from './stack-scope.ts';

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;

function scopeOf(resources: Resources): StackScope {
  const assembly = {
    stackName: 'app',
    template: { Resources: resources },
    assetDirs: new Map<string, string>(),
  };
  return new StackScope(assembly as never, {
    region: 'us-east-1',
    accountId: '000000000000',
    ensureSecret: () => 'arn:secret',
  });
}

const table = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: 'items',
    KeySchema: [{ AttributeName: 'tenant', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'tenant', AttributeType: 'S' }],
  },
};

function policy(...statements: object[]) {
  return {
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyDocument: { Statement: statements }, Roles: [{ Ref: 'Worker' }] },
  };
}

const worker = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda' } },
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Principal: { AWS: { 'Fn::GetAtt': ['Caller', 'Arn'] } },
          Condition: { StringLike: { 'aws:RequestTag/tenant': '?*' } },
        },
      ],
    },
  },
};

const caller = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'caller' } };

test('a role has its rights with their references resolved, and those who may assume it', () => {
  const resources = {
    Worker: worker,
    Caller: caller,
    Table: table,
    Policy: policy(
      {
        Effect: 'Allow',
        Action: 'dynamodb:GetItem',
        Resource: { 'Fn::GetAtt': ['Table', 'Arn'] },
        Condition: { Null: { 'dynamodb:LeadingKeys': false } },
      },
      { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: { 'Fn::Cidr': [] } },
    ),
  };
  expect(resolveRoles(scopeOf(resources))).toEqual([
    {
      name: 'app-Worker',
      arn: 'arn:aws:iam::000000000000:role/app-Worker',
      trust: [
        {
          effect: 'Allow',
          actions: ['sts:AssumeRole', 'sts:TagSession'],
          resources: [],
          principals: ['arn:aws:iam::000000000000:role/caller'],
          conditions: [{ operator: 'StringLike', key: 'aws:RequestTag/tenant', values: ['?*'] }],
        },
      ],
      statements: [
        {
          effect: 'Allow',
          actions: ['dynamodb:GetItem'],
          resources: ['arn:aws:dynamodb:us-east-1:000000000000:table/items'],
          principals: [],
          conditions: [{ operator: 'Null', key: 'dynamodb:LeadingKeys', values: ['false'] }],
        },
      ],
    },
    {
      name: 'caller',
      arn: 'arn:aws:iam::000000000000:role/caller',
      trust: [],
      statements: [],
    },
  ]);
});

test.each<[string, object]>([
  ['IpAddress', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
  ['NotResource', { NotResource: '*' }],
])('what is not understood in a policy stops the start: %s', (part, more) => {
  const statement = { Effect: 'Allow', Action: 'dynamodb:GetItem', ...more };
  const resources = { Worker: worker, Caller: caller, Policy: policy(statement) };
  expect(() => resolveRoles(scopeOf(resources))).toThrow(part);
});

test('a table with an index is refused: its first key would be another', () => {
  const indexed = {
    ...table,
    Properties: { ...table.Properties, GlobalSecondaryIndexes: [] },
  };
  expect(() => resolveTables(scopeOf({ Table: indexed }))).toThrow('GlobalSecondaryIndexes');
  expect(resolveTables(scopeOf({ Table: table }))).toMatchObject([
    { name: 'items', arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/items' },
  ]);
});
