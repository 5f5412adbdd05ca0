import { expect, test } from 'vitest';
import { synthesizePlatform, withDomain } from './synthesize-platform.ts';

const platform = synthesizePlatform(withDomain);
const prepare = platform.getOne('Custom::PrepareCluster');
const migrate = platform.getOne('Custom::MigrateFleet');

test('the cluster is prepared when it answers and the roles have their secrets', () => {
  const needed = [
    ...platform.ofType('AWS::RDS::DBInstance'),
    ...platform.ofType('AWS::RDS::DBCluster'),
    ...platform.ofType('AWS::SecretsManager::Secret'),
  ];
  expect(prepare.DependsOn).toEqual(expect.arrayContaining(needed.map(({ id }) => id)));
});

test('the fleet is migrated after the cluster is prepared and with the workflows of this deployment', () => {
  const machines = platform
    .ofType('AWS::StepFunctions::StateMachine')
    .filter(({ Properties }) => Properties['StateMachineName'] !== undefined);
  expect(machines).toHaveLength(6);
  expect(migrate.DependsOn).toEqual(
    expect.arrayContaining([prepare.id, ...machines.map(({ id }) => id)]),
  );
});

test('handlers of a new version go live only after the fleet is migrated', () => {
  const gates = [
    ...platform.ofType('AWS::Lambda::Alias'),
    ...platform
      .ofType('AWS::Lambda::Permission')
      .filter(
        ({ Properties }) => (Properties['Principal'] as unknown) === 'apigateway.amazonaws.com',
      ),
  ];
  expect(gates).toHaveLength(4);
  for (const { id, DependsOn } of gates)
    expect({ id, DependsOn }).toEqual({ id, DependsOn: expect.arrayContaining([migrate.id]) });
});

function resourcesFor(hash: string, catalogHash: string) {
  const other = synthesizePlatform({
    migrations: { hash, scopes: { catalog: { hash: catalogHash } } },
  });
  return {
    migrate: other.getOne('Custom::MigrateFleet').Properties,
    prepare: other.getOne('Custom::PrepareCluster').Properties,
  };
}

test('the migrations of a deployment decide whether it migrates; the catalog decides whether it prepares', () => {
  const first = resourcesFor('one', 'catalog');
  const second = resourcesFor('two', 'catalog');
  const third = resourcesFor('two', 'catalog, changed');
  expect(first.migrate['hash']).toBe('one');
  expect(second.migrate).not.toEqual(first.migrate);
  expect(second.prepare).toEqual(first.prepare);
  expect(third.prepare).not.toEqual(first.prepare);
});

test('the deployment waits for the fleet, close to the hour that CloudFormation allows', () => {
  const waiter = platform
    .ofType('AWS::StepFunctions::StateMachine')
    .find(({ Properties }) => Properties['StateMachineName'] === undefined);
  const text = JSON.stringify(waiter?.Properties['DefinitionString']);
  const [, interval] = /IntervalSeconds\\*":(\d+)/.exec(text) ?? [];
  const [, attempts] = /MaxAttempts\\*":(\d+)/.exec(text) ?? [];
  expect(Number(interval)).toBe(10);
  expect(Number(interval) * Number(attempts)).toBeGreaterThanOrEqual(55 * 60);
  expect(Number(interval) * Number(attempts)).toBeLessThanOrEqual(60 * 60);
});

test('the stack tells where its parts are', () => {
  expect(Object.keys(platform.template.findOutputs('*')).toSorted()).toEqual([
    'CacheTable',
    'ClusterArn',
    'ControlFunction',
    'CreateTenantMachineArn',
    'CreateTenantsMachineArn',
    'DeleteTenantMachineArn',
    'MigrateFleetMachineArn',
    'MigrationsFunction',
    'ResumeTenantMachineArn',
    'SiteApiDnsTarget',
    'SiteApiEndpoint',
    'SuspendTenantMachineArn',
    'TenantApiDnsTarget',
    'TenantApiEndpoint',
  ]);
});

test('the same input gives the same template', () => {
  expect(synthesizePlatform(withDomain).template.toJSON()).toEqual(platform.template.toJSON());
});
