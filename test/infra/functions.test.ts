import { expect, test } from 'vitest';
import { environmentNames } from '../../functions/environment.ts';
import type { EnvironmentKey } from '../../functions/environment.ts';
import { textOf } from './platform-template.ts';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform();
const functions = [...platform.functions()];

const environments: Record<string, EnvironmentKey[]> = {
  api: ['catalogReaderSecretArn', 'baseDomain', 'cacheTableName', 'cacheRoleArn'],
  site: ['siteSecretArn', 'baseDomain'],
  control: [
    'catalogWriterSecretArn',
    'baseDomain',
    'createTenantMachineArn',
    'createTenantsMachineArn',
    'suspendTenantMachineArn',
    'resumeTenantMachineArn',
    'deleteTenantMachineArn',
    'migrateFleetMachineArn',
  ],
  migrations: ['migratorSecretArn', 'catalogWriterSecretArn'],
  audit: [
    'auditorSecretArn',
    'catalogWriterSecretArn',
    'tenantSecretPrefix',
    'dedicatedSecretPrefix',
  ],
  repair: ['provisionerSecretArn', 'catalogWriterSecretArn'],
  'isolation-check': ['catalogReaderSecretArn', 'cacheTableName', 'cacheRoleArn'],
  clusters: ['catalogWriterSecretArn'],
  'lifecycle-registry': ['catalogWriterSecretArn'],
  'lifecycle-secrets': ['tenantSecretPrefix', 'dedicatedSecretPrefix'],
  'lifecycle-launcher': ['catalogWriterSecretArn', 'applicationTemplateUrl', 'applicationRoleArn'],
  'lifecycle-provisioner': ['provisionerSecretArn', 'catalogWriterSecretArn', 'tenantSecretPrefix'],
  'lifecycle-migrator': ['migratorSecretArn'],
  'lifecycle-tenant': ['tenantSecretPrefix', 'cacheTableName', 'cacheRoleArn'],
  'lifecycle-bulk': [
    'provisionerSecretArn',
    'migratorSecretArn',
    'catalogWriterSecretArn',
    'tenantSecretPrefix',
  ],
  'fleet-migrator': ['migratorSecretArn', 'indexerSecretArn', 'catalogWriterSecretArn'],
  'fleet-coordinator': ['catalogWriterSecretArn'],
  'on-deploy': ['catalogWriterSecretArn', 'migrateFleetMachineArn'],
  'on-deploy-complete': ['catalogWriterSecretArn', 'migrateFleetMachineArn'],
  applications: ['catalogWriterSecretArn', 'applicationTemplateUrl', 'applicationRoleArn'],
  'applications-complete': [
    'catalogWriterSecretArn',
    'applicationTemplateUrl',
    'applicationRoleArn',
  ],
  'prepare-cluster': [
    'adminSecretArn',
    'provisionerSecretArn',
    'migratorSecretArn',
    'indexerSecretArn',
    'auditorSecretArn',
    'catalogWriterSecretArn',
    'catalogReaderSecretArn',
    'siteSecretArn',
  ],
};

test('these functions exist and no others', () => {
  expect(functions.map(([name]) => name).toSorted()).toEqual(Object.keys(environments).toSorted());
});

test.each(functions)(
  '%s finds stage, cluster, database and exactly what it needs in its environment',
  (name, function_) => {
    const keys: EnvironmentKey[] = [
      'stage',
      'clusterArn',
      'database',
      ...(environments[name] ?? []),
    ];
    const variables = function_.Properties['Environment']?.['Variables'] ?? {};
    expect(Object.keys(variables).toSorted()).toEqual(
      keys.map((key) => environmentNames[key]).toSorted(),
    );
    expect(variables[environmentNames.stage]).toBe('dev');
    expect(variables[environmentNames.database]).toBe('tenantry');
  },
);

test.each(functions)(
  '%s runs on Node.js 24, arm64 and outside of the network',
  (_, { Properties }) => {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    expect(Properties['VpcConfig']).toBeUndefined();
  },
);

test.each(functions)('%s writes to a log group of its own that forgets', (name, { Properties }) => {
  const log = platform.getOne('AWS::Logs::LogGroup', {
    LogGroupName: `/aws/lambda/tenantry-dev-${name}`,
  });
  expect(Properties['LoggingConfig']?.['LogGroup']).toEqual({ Ref: log.id });
});

test('no log is kept for ever', () => {
  const logs = platform.ofType('AWS::Logs::LogGroup');
  expect(logs.length).toBeGreaterThan(functions.length);
  for (const { id, Properties } of logs) {
    expect({ id, days: Properties['RetentionInDays'] }).toEqual({ id, days: 30 });
  }
});

test('handlers are named as the entry files export them', () => {
  const handlers = functions.map(
    ([name, { Properties }]) => [name, textOf(Properties['Handler'])] as const,
  );
  expect(Object.fromEntries(handlers.filter(([, handler]) => handler !== 'index.handler'))).toEqual(
    {
      'on-deploy': 'index.onEvent',
      'on-deploy-complete': 'index.isComplete',
      applications: 'index.onEvent',
      'applications-complete': 'index.isComplete',
      'prepare-cluster': 'index.onEvent',
    },
  );
});
