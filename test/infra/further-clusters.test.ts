import { tenantRoles } from '@tenantry/database';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Validations } from 'aws-cdk-lib/core';
import { expect, test } from 'vitest';
import { furtherClusterRoles } from '../../functions/environment.ts';
import { listOf, refOf, textOf } from './platform-template.ts';
import type { Part } from './platform-template.ts';
import { synthesizePlatform, withoutTemplateCheck, withPlatform } from './synthesize-platform.ts';

const clusterArn = (id: string) => `arn:aws:rds:eu-west-1:123456789012:cluster:${id}`;
const adminSecret = (id: string) =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-${id}-AbCdEf`;
const clusters = ['eu', 'us'].map((id) => ({
  id,
  arn: clusterArn(id),
  adminSecretArn: adminSecret(id),
}));

const platform = synthesizePlatform({ clusters });
const secretNames = new Map(
  platform
    .ofType('AWS::SecretsManager::Secret')
    .map(({ id, Properties }) => [id, textOf(Properties['Name'])]),
);

/** A resource's ARN as text, or the name of the secret that it refers to. */
function nameResource(resource: Part): string | undefined {
  if (typeof (resource as unknown) === 'string') return textOf(resource);
  return resource['Ref'] === undefined ? undefined : secretNames.get(refOf(resource));
}

/** What each function may do with further clusters, as `<action> <resource>`. */
function rightsOn(
  isMeant: (resource: string) => boolean,
  action: string,
): Record<string, string[]> {
  const rights = [...platform.functions()].map(([name, { Properties }]) => {
    const statements = platform
      .ofType('AWS::IAM::Policy')
      .filter((policy) =>
        listOf(policy.Properties['Roles']).map(refOf).includes(refOf(Properties['Role'])),
      )
      .flatMap((policy) => listOf(policy.Properties['PolicyDocument']?.['Statement']))
      .filter((statement) => listOf(statement['Action']).map(textOf).includes(action));
    const resources = statements
      .flatMap((statement) => listOf(statement['Resource']).map(nameResource))
      .filter((resource) => resource !== undefined)
      .filter(isMeant);
    return [name, resources.toSorted()] as const;
  });
  return Object.fromEntries(rights.filter(([, resources]) => resources.length > 0));
}

const roleSecrets = (...roles: readonly string[]) =>
  ['eu', 'us'].flatMap((id) => roles.map((role) => `tenantry/dev/cluster/${id}/${role}`));

test('the roles that have secrets on every cluster are those that work on tenants', () => {
  expect(furtherClusterRoles).toEqual(tenantRoles);
});

test('each further cluster has a secret for each role that works on tenants, which stays when the stack is deleted', () => {
  const made = platform
    .ofType('AWS::SecretsManager::Secret')
    .filter(({ Properties }) => textOf(Properties['Name']).includes('/cluster/'));
  expect(made.map(({ Properties }) => textOf(Properties['Name'])).toSorted()).toEqual(
    roleSecrets(...tenantRoles).toSorted(),
  );
  expect(new Set(made.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Retain']));
});

const both = [clusterArn('eu'), clusterArn('us')];

test.each(['ExecuteStatement', 'BeginTransaction', 'CommitTransaction', 'RollbackTransaction'])(
  'who works on tenants may %s on exactly the declared clusters, nobody else on any',
  (action) => {
    const rights = rightsOn((resource) => resource.includes(':rds:'), `rds-data:${action}`);
    expect(new Set(Object.values(rights).map((resources) => resources.join(' ')))).toEqual(
      new Set([both.join(' ')]),
    );
    expect(Object.keys(rights)).toEqual(
      expect.arrayContaining([
        'api',
        'migrations',
        'clusters',
        'lifecycle-provisioner',
        'lifecycle-migrator',
        'lifecycle-tenant',
        'lifecycle-bulk',
        'fleet-migrator',
        'prepare-cluster',
      ]),
    );
    for (const name of ['site', 'control', 'on-deploy', 'fleet-coordinator', 'lifecycle-registry'])
      expect(rights[name]).toBeUndefined();
  },
);

test("a function reads the further clusters' secrets of the roles that it has at home, and no others", () => {
  const readers = rightsOn(
    (resource) => resource.includes('/cluster/'),
    'secretsmanager:GetSecretValue',
  );
  expect(readers).toMatchObject({
    migrations: roleSecrets('platform_migrator'),
    'lifecycle-provisioner': roleSecrets('platform_provisioner'),
    'lifecycle-migrator': roleSecrets('platform_migrator'),
    'lifecycle-bulk': roleSecrets('platform_migrator', 'platform_provisioner'),
    'fleet-migrator': roleSecrets('platform_indexer', 'platform_migrator'),
    clusters: roleSecrets(...tenantRoles).toSorted(),
    'prepare-cluster': roleSecrets(...tenantRoles).toSorted(),
  });
  for (const name of ['api', 'site', 'control', 'lifecycle-tenant', 'lifecycle-registry'])
    expect(readers[name]).toBeUndefined();
});

test("only those that prepare clusters read the secrets of the clusters' master users", () => {
  const readers = rightsOn(
    (resource) => resource.includes('rds!cluster'),
    'secretsmanager:GetSecretValue',
  );
  const secrets = [adminSecret('eu'), adminSecret('us')];
  expect(readers).toEqual({ clusters: secrets, 'prepare-cluster': secrets });
});

test('AwsSolutions finds nothing with further clusters', () => {
  withPlatform({ clusters }, ({ app }) => {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => withoutTemplateCheck(() => app.synth())).not.toThrow();
  });
});
