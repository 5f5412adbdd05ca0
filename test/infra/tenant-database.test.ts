import { expect, test } from 'vitest';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform({ maxCapacity: 16 });
const cluster = platform.getOne('AWS::RDS::DBCluster').Properties;

test('the cluster is Aurora PostgreSQL 17 Serverless v2 with the Data API', () => {
  expect(cluster).toMatchObject({
    Engine: 'aurora-postgresql',
    EngineVersion: expect.stringMatching(/^17\./),
    EnableHttpEndpoint: true,
    DatabaseName: 'tenantry',
    ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 16 },
  });
  expect(platform.getOne('AWS::RDS::DBInstance').Properties['DBInstanceClass']).toBe(
    'db.serverless',
  );
});

test('the cluster is encrypted, backed up and protected from deletion', () => {
  expect(cluster).toMatchObject({
    StorageEncrypted: true,
    DeletionProtection: true,
    BackupRetentionPeriod: 14,
  });
});

test('everything of the database is retained when the stack is deleted or a resource replaced, secrets and network included', () => {
  const kept = platform.resources.filter(({ Type }) =>
    /^AWS::(RDS|EC2|SecretsManager)::/.test(Type),
  );
  expect(kept.length).toBeGreaterThan(12);
  for (const { id, DeletionPolicy, UpdateReplacePolicy } of kept) {
    expect({ id, DeletionPolicy, UpdateReplacePolicy }).toEqual({
      id,
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  }
});

test('connections are encrypted and tenants cannot change passwords', () => {
  expect(platform.getOne('AWS::RDS::DBClusterParameterGroup').Properties['Parameters']).toEqual({
    'rds.force_ssl': '1',
    'rds.restrict_password_commands': '1',
  });
});

test('nothing enters or leaves the network of the cluster', () => {
  for (const type of [
    'NatGateway',
    'InternetGateway',
    'Route',
    'SecurityGroupIngress',
    'VPCEndpoint',
  ]) {
    expect(platform.ofType(`AWS::EC2::${type}`)).toEqual([]);
  }
  expect(
    platform.getOne('AWS::EC2::SecurityGroup').Properties['SecurityGroupIngress'],
  ).toBeUndefined();
  expect(platform.getOne('AWS::RDS::DBInstance').Properties['PubliclyAccessible']).toBe(false);
});

test('each platform role has a secret with its user name and a generated password; RDS keeps the master password', () => {
  const secrets = platform.ofType('AWS::SecretsManager::Secret').map(({ Properties }) => ({
    name: Properties['Name'],
    template: Properties['GenerateSecretString']?.['SecretStringTemplate'],
    key: Properties['GenerateSecretString']?.['GenerateStringKey'],
  }));
  const roles = [
    'platform_provisioner',
    'platform_migrator',
    'platform_indexer',
    'platform_auditor',
    'catalog_writer',
    'catalog_reader',
    'site',
  ];
  expect(secrets).toEqual(
    roles.map((role) => ({
      name: `tenantry/dev/platform/${role}`,
      template: JSON.stringify({ username: role }),
      key: 'password',
    })),
  );
  expect(cluster).toMatchObject({ ManageMasterUserPassword: true });
  expect(cluster['MasterUserPassword']).toBeUndefined();
});
