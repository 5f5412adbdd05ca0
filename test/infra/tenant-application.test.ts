import { expect, test } from 'vitest';
import { environmentNames, furtherClusterRoles } from '../../functions/environment.ts';
import type { EnvironmentKey } from '../../functions/environment.ts';
import { PlatformRights, arnHead } from './platform-rights.ts';
import { listOf, refOf, textOf, wordsOf } from './platform-template.ts';
import type { Resource } from './platform-template.ts';
import {
  synthesizeApplicationTemplate,
  synthesizeApplicationText,
} from './synthesize-application-template.ts';
import { synthesizePlatform, withDomain } from './synthesize-platform.ts';

const application = synthesizeApplicationTemplate(withDomain);
const open = synthesizeApplicationTemplate();
const platform = synthesizePlatform(withDomain);
const [handler] = application.ofType('AWS::Lambda::Function') as [Resource];
const cluster = application.getOne('AWS::RDS::DBCluster');
const table = application.getOne('AWS::DynamoDB::Table');
const ownName = 'tenantry-dev-t-TenantId';
const homeCluster = `${arnHead('rds')}cluster:tenantry-dev-home`;
const ownCluster = `${arnHead('rds')}cluster:${cluster.id}`;

test('what differs between tenants is id, host and secret; all else is the same for each', () => {
  const parameters = application.template.findParameters('*');
  expect(
    Object.entries(parameters).map(([name, { Type, Default }]) => [name, Type, Default]),
  ).toEqual([
    ['TenantId', 'String', undefined],
    ['Host', 'String', undefined],
    ['TenantSecretArn', 'String', undefined],
  ]);
  expect(application.template.toJSON()).not.toHaveProperty('Rules');
});

test('the same input gives the same template, without what the command line adds to templates', () => {
  const text = synthesizeApplicationText(withDomain);
  process.env['CDK_CONTEXT_JSON'] = JSON.stringify({
    'aws:cdk:enable-path-metadata': true,
    'aws:cdk:enable-asset-metadata': true,
  });
  try {
    expect(synthesizeApplicationText(withDomain)).toBe(text);
  } finally {
    delete process.env['CDK_CONTEXT_JSON'];
  }
  expect(text).not.toMatch(/aws:cdk:path|aws:asset:/);
});

test('the template is far from the largest that CloudFormation takes', () => {
  expect(synthesizeApplicationText(withDomain).length).toBeLessThan(100_000);
});

test('names begin with the stage and the id of the tenant', () => {
  expect(wordsOf(cluster.Properties['DBClusterIdentifier'])).toBe(ownName);
  expect(wordsOf(handler.Properties['FunctionName'])).toBe(`${ownName}-api`);
  expect(wordsOf(table.Properties['TableName'])).toBe(`${ownName}-cache`);
  expect(wordsOf(application.getOne('AWS::ApiGatewayV2::Api').Properties['Name'])).toBe(
    `${ownName}-api`,
  );
  const roles = application.ofType('AWS::IAM::Role');
  expect(roles.map(({ Properties }) => wordsOf(Properties['RoleName'])).toSorted()).toEqual([
    `${ownName}-api`,
    `${ownName}-cache`,
  ]);
  const logs = application.ofType('AWS::Logs::LogGroup');
  expect(logs.map(({ Properties }) => wordsOf(Properties['LogGroupName'])).toSorted()).toEqual([
    `/aws/lambda/${ownName}-api`,
    `/aws/rds/cluster/${ownName}/postgresql`,
    `/aws/vendedlogs/apigateway/${ownName}-api`,
  ]);
});

test("the platform's roles have secrets of their own for the cluster", () => {
  const secrets = application.ofType('AWS::SecretsManager::Secret');
  expect(secrets.map(({ Properties }) => wordsOf(Properties['Name']))).toEqual(
    furtherClusterRoles.map((role) => `tenantry/dev/cluster/TenantId/${role}`),
  );
});

test('the cluster is as the home cluster is, in a network of its own', () => {
  const home = platform.getOne('AWS::RDS::DBCluster').Properties;
  const same = [
    'Engine',
    'EngineVersion',
    'DatabaseName',
    'EnableHttpEndpoint',
    'StorageEncrypted',
    'ManageMasterUserPassword',
    'BackupRetentionPeriod',
    'ServerlessV2ScalingConfiguration',
  ];
  for (const name of same) expect(cluster.Properties[name]).toEqual(home[name]);
  expect(application.ofType('AWS::EC2::VPC')).toHaveLength(1);
  for (const type of ['NatGateway', 'InternetGateway', 'Route', 'SecurityGroupIngress'])
    expect(application.ofType(`AWS::EC2::${type}`)).toEqual([]);
});

test('nothing stays when the stack is deleted', () => {
  const kept = application.resources.filter(
    ({ DeletionPolicy = 'Delete', UpdateReplacePolicy = 'Delete' }) =>
      DeletionPolicy !== 'Delete' || UpdateReplacePolicy !== 'Delete',
  );
  expect(kept.map(({ id }) => id)).toEqual([]);
  // Without a word CloudFormation keeps a snapshot of a cluster.
  expect(cluster.DeletionPolicy).toBe('Delete');
  expect(cluster.Properties['DeletionProtection']).toBe(false);
});

test('the application starts when its database is there, and its host leads to it when it has started', () => {
  const instance = application.getOne('AWS::RDS::DBInstance');
  const alias = application.getOne('AWS::Lambda::Alias');
  for (const { id } of [handler, alias]) expect(madeBefore(id)).toContain(instance.id);
  for (const type of ['Api', 'Integration', 'Route', 'Stage', 'ApiMapping'])
    expect(madeBefore(application.getOne(`AWS::ApiGatewayV2::${type}`).id)).toContain(alias.id);
});

/** The logical ids of all that CloudFormation makes before a resource. */
function madeBefore(id: string): Set<string> {
  const ids = new Set([id]);
  for (const next of ids) {
    const { Properties = {}, DependsOn = [] } =
      application.resources.find((it) => it.id === next) ?? {};
    const text = JSON.stringify(Properties);
    const references = text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g);
    for (const it of [...DependsOn, ...[...references].map(([, name = '']) => name)]) ids.add(it);
  }
  ids.delete(id);
  return ids;
}

test("the tenant's first domain, and no other host, leads to its own function", () => {
  const domain = application.getOne('AWS::ApiGatewayV2::DomainName');
  expect(domain.Properties['DomainName']).toEqual({ Ref: 'Host' });
  expect(domain.Properties['DomainNameConfigurations']?.['0']?.['CertificateArn']).toBe(
    withDomain.certificateArn,
  );
  const api = application.getOne('AWS::ApiGatewayV2::Api');
  expect(api.Properties['DisableExecuteApiEndpoint']).toBe(true);
  const integration = application.getOne('AWS::ApiGatewayV2::Integration').Properties;
  const alias = application.getOne('AWS::Lambda::Alias');
  expect(integration['IntegrationUri']).toEqual({ Ref: alias.id });
  expect(alias.Properties['FunctionName']).toEqual({ Ref: handler.id });
  expect(integration['PayloadFormatVersion']).toBe('2.0');
});

test("without a domain the tenant's API answers at its default endpoint", () => {
  expect(open.ofType('AWS::ApiGatewayV2::DomainName')).toEqual([]);
  const api = open.getOne('AWS::ApiGatewayV2::Api');
  expect(api.Properties['DisableExecuteApiEndpoint']).toBe(false);
  expect(Object.keys(open.template.findOutputs('*')).toSorted()).toEqual([
    'AdminSecretArn',
    'ApiEndpoint',
    'ClusterArn',
    'FunctionName',
  ]);
});

test('the stack tells where its parts are', () => {
  const outputs = application.template.findOutputs('*');
  const told = Object.entries(outputs).map(([name, { Value }]) => [name, wordsOf(Value)]);
  expect(Object.fromEntries(told)).toEqual({
    ClusterArn: ownCluster,
    AdminSecretArn: `${cluster.id}.MasterUserSecret.SecretArn`,
    ApiEndpoint: 'https://Host',
    FunctionName: handler.id,
    DnsTarget: `${application.getOne('AWS::ApiGatewayV2::DomainName').id}.RegionalDomainName`,
  });
});

test('the function finds where its tenant is in its environment, with a secret of the tenant and none of the platform', () => {
  const variables = handler.Properties['Environment']?.['Variables'] ?? {};
  const told = Object.entries(variables).map(([name, value]) => [name, wordsOf(value)]);
  const role = application.getOne('AWS::IAM::Role', { Description: cacheRoleDescription });
  const expected: Partial<Record<EnvironmentKey, string>> = {
    stage: 'dev',
    clusterArn: ownCluster,
    database: 'tenantry',
    baseDomain: 'app.example.com',
    tenantId: 'TenantId',
    tenantSecretArn: 'TenantSecretArn',
    homeClusterArn: homeCluster,
    homeDatabase: 'tenantry',
    cacheTableName: table.id,
    cacheRoleArn: `${role.id}.Arn`,
  };
  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([key, value]) => [
        environmentNames[key as EnvironmentKey],
        value,
      ]),
    ),
  );
});

const cacheRoleDescription = 'Reaches the cache of the tenant that the session is tagged with';

test("the function may use its own cluster, the home cluster, its tenant's secret and its own cache, and nothing else", () => {
  const role = application.getOne('AWS::IAM::Role', { Description: cacheRoleDescription });
  const log = application
    .ofType('AWS::Logs::LogGroup')
    .find(({ Properties }) => wordsOf(Properties['LogGroupName']).startsWith('/aws/lambda/'));
  const pairs = new PlatformRights(application)
    .ofFunction(handler)
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    );
  const dataApi = [
    'BeginTransaction',
    'CommitTransaction',
    'ExecuteStatement',
    'RollbackTransaction',
  ];
  expect(pairs.toSorted()).toEqual(
    [
      `logs:CreateLogStream ${log?.id}.Arn`,
      `logs:PutLogEvents ${log?.id}.Arn`,
      ...[homeCluster, ownCluster].flatMap((arn) => dataApi.map((it) => `rds-data:${it} ${arn}`)),
      'secretsmanager:GetSecretValue TenantSecretArn',
      `sts:AssumeRole ${role.id}.Arn`,
      `sts:TagSession ${role.id}.Arn`,
    ].toSorted(),
  );
});

test('all tenants run one build: the function has the code of the application that the others share', () => {
  const shared = platform.functions().get('api');
  for (const name of ['Code', 'Handler', 'Runtime', 'Architectures', 'MemorySize', 'Timeout'])
    expect(handler.Properties[name]).toEqual(shared?.Properties[name]);
  expect(textOf(handler.Properties['Code']?.['S3Key'])).toMatch(/^[0-9a-f]{64}\.zip$/);
});

test('its cache has the keys and the role that the shared one has', () => {
  const shared = platform.getOne('AWS::DynamoDB::Table').Properties;
  for (const name of [
    'KeySchema',
    'AttributeDefinitions',
    'TimeToLiveSpecification',
    'BillingMode',
  ])
    expect(table.Properties[name]).toEqual(shared[name]);
  const role = application.getOne('AWS::IAM::Role', { Description: cacheRoleDescription });
  const [trust] = listOf(role.Properties['AssumeRolePolicyDocument']?.['Statement']);
  expect(refOf(trust?.['Principal']?.['AWS'])).toBe(refOf(handler.Properties['Role']));
});
