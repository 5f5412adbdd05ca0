import { expect, test } from 'vitest';
import { listOf, refOf, textOf } from './platform-template.ts';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform();
const table = platform.getOne('AWS::DynamoDB::Table');
const role = platform.getOne('AWS::IAM::Role', {
  Description: 'Reaches the cache of the tenant that the session is tagged with',
});

test("a value's first key is the tenant's id, and it is removed when its time is over", () => {
  expect(table.Properties).toMatchObject({
    TableName: 'tenantry-dev-cache',
    KeySchema: [
      { AttributeName: 'tenant', KeyType: 'HASH' },
      { AttributeName: 'key', KeyType: 'RANGE' },
    ],
    TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    BillingMode: 'PAY_PER_REQUEST',
    SSESpecification: { SSEEnabled: true },
  });
  expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('the table has no index, which would have a first key of its own', () => {
  expect(table.Properties['GlobalSecondaryIndexes']).toBeUndefined();
  expect(table.Properties['LocalSecondaryIndexes']).toBeUndefined();
});

test('a session reaches items only, and only those whose first key is the tenant that it is tagged with', () => {
  const policies = platform
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) => listOf(Properties['Roles']).some((it) => refOf(it) === role.id));
  const statements = policies.flatMap(({ Properties }) =>
    listOf(Properties['PolicyDocument']?.['Statement']),
  );
  expect(statements).toEqual([
    {
      Effect: 'Allow',
      Action: [
        'dynamodb:BatchWriteItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
      Resource: { 'Fn::GetAtt': [table.id, 'Arn'] },
      Condition: {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/tenant}'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    },
  ]);
  expect(role.Properties['ManagedPolicyArns']).toBeUndefined();
  expect(role.Properties['Policies']).toBeUndefined();
});

test('only the functions that open caches may open a session, with a tenant as its one tag', () => {
  const users = ['api', 'lifecycle-tenant', 'isolation-check'].map((name) => {
    const roleId = refOf(platform.functions().get(name)?.Properties['Role']);
    return { 'Fn::GetAtt': [roleId, 'Arn'] };
  });
  const [statement, ...more] = listOf(role.Properties['AssumeRolePolicyDocument']?.['Statement']);
  expect(more).toEqual([]);
  expect(statement).toMatchObject({
    Effect: 'Allow',
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringLike: { 'aws:RequestTag/tenant': '?*' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant'] },
    },
  });
  const principals = listOf(statement?.['Principal']?.['AWS']);
  expect(principals).toHaveLength(users.length);
  expect(principals).toEqual(expect.arrayContaining(users));
});

test('those functions find table and role in their environment', () => {
  for (const name of ['api', 'lifecycle-tenant', 'isolation-check']) {
    const variables = platform.functions().get(name)?.Properties['Environment']?.['Variables'];
    expect(textOf(variables?.['TENANTRY_CACHE_TABLE_NAME']?.['Ref'])).toBe(table.id);
    expect(refOf(variables?.['TENANTRY_CACHE_ROLE_ARN'])).toBe(role.id);
  }
});
