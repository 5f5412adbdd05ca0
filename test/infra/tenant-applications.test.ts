import { expect, test } from 'vitest';
import { environmentNames } from '../../functions/environment.ts';
import { PlatformRights, arnHead } from './platform-rights.ts';
import { listOf, refOf, textOf, wordsOf } from './platform-template.ts';
import type { Part, Resource } from './platform-template.ts';
import { synthesizeApplicationTemplate } from './synthesize-application-template.ts';
import { synthesizePlatform, withDomain } from './synthesize-platform.ts';

const platform = synthesizePlatform(withDomain);
const rights = new PlatformRights(platform);
const role = platform.getOne('AWS::IAM::Role', {
  Description: 'Makes, changes and removes the stacks of dedicated tenants',
});
const roleRights = rights.ofRole(role.id);
const stacks = `${arnHead('cloudformation')}stack/tenantry-dev-t-*/*`;
const template = (name: string) =>
  getFunction(name).Properties['Environment']?.['Variables']?.[
    environmentNames.applicationTemplateUrl
  ];

function getFunction(name: string): Resource {
  const found = platform.functions().get(name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

const workers = ['lifecycle-launcher', 'applications', 'applications-complete'];

test('the template is published with the stack, and all who work with it find the same one', () => {
  for (const name of workers) {
    expect(wordsOf(template(name))).toMatch(
      /^https:\/\/s3\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}\/cdk-hnb659fds-assets-[^/]+\/[0-9a-f]{64}\.json$/,
    );
    expect(template(name)).toEqual(template('lifecycle-launcher'));
    const variables = getFunction(name).Properties['Environment']?.['Variables'];
    expect(variables?.[environmentNames.applicationRoleArn]).toEqual({
      'Fn::GetAtt': [role.id, 'Arn'],
    });
  }
});

test.each([
  ['lifecycle-launcher', 'CreateStack'],
  ['applications', 'UpdateStack'],
  ['applications-complete', 'UpdateStack'],
])(
  '%s may call %s for stacks of dedicated tenants with this template and this role only',
  (name, call) => {
    const [right, ...more] = rights
      .ofFunction(getFunction(name))
      .filter(({ actions }) => actions.includes(`cloudformation:${call}`));
    expect(more).toEqual([]);
    expect(right).toEqual({
      actions: [`cloudformation:${call}`],
      resources: [stacks],
      condition: {
        StringEquals: { 'cloudformation:TemplateUrl': template(name) },
        ArnEquals: { 'cloudformation:RoleArn': { 'Fn::GetAtt': [role.id, 'Arn'] } },
      },
    });
  },
);

test('these three alone hand the role on, to CloudFormation only', () => {
  expect(rights.whoMay('iam:PassRole')).toEqual(
    workers.map((name) => `${name} ${role.id}.Arn`).toSorted(),
  );
  for (const name of workers) {
    const passing = rights
      .ofFunction(getFunction(name))
      .find(({ actions }) => actions.includes('iam:PassRole'));
    expect(passing?.condition).toEqual({
      StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' },
    });
  }
});

test('stacks are removed by lifecycle-launcher only, and looked at by those who work with them and the audit', () => {
  expect(rights.whoMay('cloudformation:DeleteStack')).toEqual([`lifecycle-launcher ${stacks}`]);
  expect(rights.whoMay('cloudformation:UpdateTerminationProtection')).toEqual([
    `lifecycle-launcher ${stacks}`,
  ]);
  expect(rights.whoMay('cloudformation:DescribeStacks')).toEqual(
    [...workers.map((name) => `${name} ${stacks}`), 'audit *'].toSorted(),
  );
});

test("the role stays with the tenants' stacks when the platform's stack is deleted, rights and all", () => {
  const policies = platform
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) => listOf(Properties['Roles']).some((it) => refOf(it) === role.id));
  expect(policies).toHaveLength(1);
  for (const { DeletionPolicy } of [role, ...policies]) expect(DeletionPolicy).toBe('Retain');
});

test('the role is for CloudFormation alone', () => {
  const statements = listOf(role.Properties['AssumeRolePolicyDocument']?.['Statement']);
  expect(statements.map(({ Principal }) => Principal)).toEqual([
    { Service: 'cloudformation.amazonaws.com' },
  ]);
});

/** What CloudFormation calls to make and to delete a resource of each type. */
const calls: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::ApiMapping': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::DomainName': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::Integration': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::Route': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::Stage': ['apigateway:POST', 'logs:CreateLogDelivery', 'apigateway:DELETE'],
  'AWS::DynamoDB::Table': [
    'dynamodb:CreateTable',
    'dynamodb:UpdateTimeToLive',
    'dynamodb:DeleteTable',
  ],
  'AWS::EC2::RouteTable': ['ec2:CreateRouteTable', 'ec2:CreateTags', 'ec2:DeleteRouteTable'],
  'AWS::EC2::SecurityGroup': [
    'ec2:CreateSecurityGroup',
    'ec2:AuthorizeSecurityGroupEgress',
    'ec2:RevokeSecurityGroupEgress',
    'ec2:DescribeInstances',
    'ec2:DeleteSecurityGroup',
  ],
  'AWS::EC2::Subnet': ['ec2:CreateSubnet', 'ec2:ModifySubnetAttribute', 'ec2:DeleteSubnet'],
  'AWS::EC2::SubnetRouteTableAssociation': [
    'ec2:AssociateRouteTable',
    'ec2:DisassociateRouteTable',
  ],
  'AWS::EC2::VPC': ['ec2:CreateVpc', 'ec2:ModifyVpcAttribute', 'ec2:DeleteVpc'],
  'AWS::IAM::Policy': ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
  'AWS::IAM::Role': ['iam:CreateRole', 'iam:DeleteRole', 'iam:PassRole'],
  'AWS::Lambda::Alias': ['lambda:CreateAlias', 'lambda:UpdateAlias', 'lambda:DeleteAlias'],
  'AWS::Lambda::Function': [
    'lambda:CreateFunction',
    'lambda:UpdateFunctionCode',
    's3:GetObject',
    'lambda:DeleteFunction',
  ],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission'],
  'AWS::Lambda::Version': ['lambda:PublishVersion', 'lambda:GetFunctionConfiguration'],
  'AWS::Logs::LogGroup': ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup'],
  'AWS::RDS::DBCluster': [
    'rds:CreateDBCluster',
    'rds:EnableHttpEndpoint',
    'secretsmanager:CreateSecret',
    'rds:DeleteDBCluster',
  ],
  'AWS::RDS::DBClusterParameterGroup': [
    'rds:CreateDBClusterParameterGroup',
    'rds:DeleteDBClusterParameterGroup',
  ],
  'AWS::RDS::DBInstance': ['rds:CreateDBInstance', 'rds:DeleteDBInstance'],
  'AWS::RDS::DBSubnetGroup': ['rds:CreateDBSubnetGroup', 'rds:DeleteDBSubnetGroup'],
  'AWS::SecretsManager::Secret': [
    'secretsmanager:GetRandomPassword',
    'secretsmanager:CreateSecret',
    'secretsmanager:DeleteSecret',
  ],
};

const types = new Set(synthesizeApplicationTemplate(withDomain).resources.map(({ Type }) => Type));

test.each([...types])('the role may make and delete resources of type %s', (type) => {
  const allowed = roleRights.flatMap(({ actions }) => actions);
  expect(calls[type]).toBeDefined();
  expect(allowed).toEqual(expect.arrayContaining([...(calls[type] ?? [])]));
});

test('the role reads no secret and no data, and changes nothing of the platform', () => {
  const actions = roleRights.flatMap((right) => right.actions);
  expect(actions).not.toContain('secretsmanager:GetSecretValue');
  expect(actions.filter((action) => /^(rds-data|sts|states|cloudformation):/.test(action))).toEqual(
    [],
  );
  expect(actions.filter((action) => /^dynamodb:.*Item/.test(action))).toEqual([]);
});

test("the role's rights are on names of dedicated tenants, where the service has names", () => {
  const named = /tenantry[-/]dev[-/](t-|cluster\/)\*/;
  const others = roleRights
    .flatMap(({ resources }) => resources)
    .filter((resource) => !named.test(resource));
  expect([...new Set(others)].toSorted()).toEqual(withoutNames.toSorted());
});

const apiGateway = 'arn:AWS::Partition:apigateway:AWS::Region::';
/** Where the service makes up the name, or where there is none. */
const withoutNames = [
  '*',
  ...['vpc', 'subnet', 'route-table', 'security-group', 'security-group-rule'].map(
    (type) => `${arnHead('ec2')}${type}/*`,
  ),
  `${arnHead('kms')}key/*`,
  ...['cluster-pg:default.*', 'pg:default.*', 'og:default:*'].map((it) => `${arnHead('rds')}${it}`),
  `${arnHead('secretsmanager')}secret:rds!cluster-*`,
  `${apiGateway}/apis`,
  `${apiGateway}/apis/*`,
  `${apiGateway}/tags/*`,
  `${apiGateway}/domainnames`,
  `${apiGateway}/domainnames/*.app.example.com`,
  `${apiGateway}/domainnames/*.app.example.com/*`,
  'arn:AWS::Partition:s3:::cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/*.zip',
];

test('networks are removed only with the tag of the deployment, which all of a tenant of its stack has', () => {
  const removing = roleRights.filter(({ actions }) =>
    actions.some((action) => /^ec2:Delete(Vpc|Subnet|RouteTable|SecurityGroup)$/.test(action)),
  );
  expect(removing.map(({ condition }) => condition)).toEqual([
    { StringEquals: { 'aws:ResourceTag/tenantry:stage': 'dev' } },
  ]);
});

test('the role hands on roles of dedicated tenants only, to Lambda only', () => {
  const [passing, ...more] = roleRights.filter(({ actions }) => actions.includes('iam:PassRole'));
  expect(more).toEqual([]);
  expect(passing).toEqual({
    actions: ['iam:PassRole'],
    resources: ['arn:AWS::Partition:iam::AWS::AccountId:role/tenantry-dev-t-*-api'],
    condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  });
});

test("a deployment brings dedicated tenants' applications to its build when the fleet is migrated, whenever the template is another", () => {
  const update = platform.getOne('Custom::UpdateApplications');
  expect(update.DependsOn).toEqual(
    expect.arrayContaining([platform.getOne('Custom::MigrateFleet').id, role.id]),
  );
  expect(update.Properties['templateUrl']).toEqual(template('applications'));
});

test('without a domain the role has no right on domain names', () => {
  const open = synthesizePlatform();
  const { id } = open.getOne('AWS::IAM::Role', {
    Description: textOf(role.Properties['Description']),
  });
  const resources = new PlatformRights(open).ofRole(id).flatMap((right) => right.resources);
  expect(resources.filter((resource) => resource.includes('/domainnames'))).toEqual([]);
});

test("the role's policy is no longer than IAM takes", () => {
  const policies = platform
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      listOf(Properties['Roles']).some((it: Part) => refOf(it) === role.id),
    );
  expect(policies).toHaveLength(1);
  const text = JSON.stringify(policies[0]?.Properties['PolicyDocument']);
  // Pseudo parameters are longer in the template than what takes their places.
  expect(text.length).toBeLessThan(20_000);
  const short = text.replaceAll(/\{"Fn::Join":\["",\[|\]\]\}|\{"Ref":|"AWS::\w+"\}/g, '');
  expect(short.length).toBeLessThan(10_240);
});
