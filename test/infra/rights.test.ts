import { expect, test } from 'vitest';
import { furtherClusterRoles } from '../../functions/environment.ts';
import { PlatformRights, arnHead } from './platform-rights.ts';
import { listOf, refOf, textOf } from './platform-template.ts';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform();
const rights = new PlatformRights(platform);
const functions = [...platform.functions()];

const homeCluster = `${arnHead('rds')}cluster:${platform.getOne('AWS::RDS::DBCluster').id}`;
const tenantSecrets = `${arnHead('secretsmanager')}secret:tenantry/dev/tenant/*`;
const databaseSecrets = (login: string) =>
  `${arnHead('secretsmanager')}secret:tenantry/dev/database/${login}/*`;

// Of dedicated tenants: their logins, the platform's roles on their clusters, and the master users there.
const dedicatedClusters = `${arnHead('rds')}cluster:tenantry-dev-t-*`;
const dedicatedSecrets = `${arnHead('secretsmanager')}secret:tenantry/dev/dedicated/*`;
const clusterSecret = (role: string) =>
  `${arnHead('secretsmanager')}secret:tenantry/dev/cluster/*/${role}-??????`;
const masterSecrets = `${arnHead('secretsmanager')}secret:rds!cluster-*`;

const cacheRole = {
  Description: 'Reaches the cache of the tenant that the session is tagged with',
};
const platformSecret = (role: string) => `tenantry/dev/platform/${role}`;

const readers: Record<string, string[]> = {
  api: [tenantSecrets, platformSecret('catalog_reader')],
  site: [platformSecret('site')],
  control: [platformSecret('catalog_writer')],
  migrations: [
    databaseSecrets('migrator'),
    platformSecret('catalog_writer'),
    platformSecret('platform_migrator'),
  ],
  clusters: [platformSecret('catalog_writer')],
  audit: [
    databaseSecrets('migrator'),
    platformSecret('catalog_writer'),
    platformSecret('platform_auditor'),
  ],
  repair: [
    databaseSecrets('admin'),
    databaseSecrets('migrator'),
    platformSecret('catalog_writer'),
    platformSecret('platform_provisioner'),
  ],
  'isolation-check': [tenantSecrets, platformSecret('catalog_reader')],
  'lifecycle-registry': [platformSecret('catalog_writer')],
  'lifecycle-secrets': [],
  'lifecycle-provisioner': [
    databaseSecrets('admin'),
    databaseSecrets('migrator'),
    tenantSecrets,
    platformSecret('catalog_writer'),
    platformSecret('platform_provisioner'),
  ],
  'lifecycle-migrator': [databaseSecrets('migrator'), platformSecret('platform_migrator')],
  'lifecycle-launcher': [platformSecret('catalog_writer')],
  'lifecycle-tenant': [tenantSecrets],
  'lifecycle-bulk': [
    tenantSecrets,
    platformSecret('catalog_writer'),
    platformSecret('platform_migrator'),
    platformSecret('platform_provisioner'),
  ],
  'fleet-migrator': [
    databaseSecrets('migrator'),
    platformSecret('catalog_writer'),
    platformSecret('platform_indexer'),
    platformSecret('platform_migrator'),
  ],
  'fleet-coordinator': [platformSecret('catalog_writer')],
  'on-deploy': [platformSecret('catalog_writer')],
  'on-deploy-complete': [platformSecret('catalog_writer')],
  applications: [platformSecret('catalog_writer')],
  'applications-complete': [platformSecret('catalog_writer')],
  'prepare-cluster': [
    'admin',
    platformSecret('catalog_reader'),
    platformSecret('catalog_writer'),
    platformSecret('platform_auditor'),
    platformSecret('platform_indexer'),
    platformSecret('platform_migrator'),
    platformSecret('platform_provisioner'),
    platformSecret('site'),
  ],
};

const onAllClusters = furtherClusterRoles.map(clusterSecret);

const dedicatedReaders: Record<string, string[]> = {
  migrations: [clusterSecret('platform_migrator')],
  audit: [clusterSecret('platform_auditor')],
  repair: [clusterSecret('platform_provisioner')],
  'isolation-check': [dedicatedSecrets],
  'lifecycle-launcher': [masterSecrets, ...onAllClusters],
  'lifecycle-provisioner': [dedicatedSecrets, clusterSecret('platform_provisioner')],
  'lifecycle-migrator': [clusterSecret('platform_migrator')],
  'lifecycle-tenant': [dedicatedSecrets],
  'fleet-migrator': [clusterSecret('platform_indexer'), clusterSecret('platform_migrator')],
  'prepare-cluster': [masterSecrets, ...onAllClusters],
};

test.each(functions)('%s reads these secrets and no others', (name, function_) => {
  const allowed = [...(readers[name] ?? []), ...(dedicatedReaders[name] ?? [])];
  expect(rights.resourcesOf(function_, 'secretsmanager:GetSecretValue')).toEqual(
    allowed.toSorted(),
  );
});

test("the secrets of master users are read of dedicated tenants' clusters alone", () => {
  const conditions = functions
    .flatMap(([, function_]) => rights.ofFunction(function_))
    .filter(({ resources }) => resources.includes(masterSecrets))
    .map(({ condition }) => condition);
  expect(conditions).toHaveLength(2);
  for (const condition of conditions)
    expect(condition).toEqual({
      StringLike: {
        'secretsmanager:ResourceTag/aws:rds:primaryDBClusterArn': expect.objectContaining({
          'Fn::Join': expect.arrayContaining([
            expect.arrayContaining([':cluster:tenantry-dev-t-*']),
          ]),
        }),
      },
    });
});

test.each(functions)(
  "%s uses the Data API of the home cluster, and of dedicated tenants' clusters only if it reads a secret of theirs",
  (name, function_) => {
    const actions = rights.ofFunction(function_).flatMap((right) => right.actions);
    const dataApi = new Set(actions.filter((action) => action.startsWith('rds-data:')));
    expect(dataApi.size).toBe(4);
    const clusters = name in dedicatedReaders ? [homeCluster, dedicatedClusters] : [homeCluster];
    for (const action of dataApi)
      expect(rights.resourcesOf(function_, action)).toEqual(clusters.toSorted());
  },
);

test('the application of all tenants reaches nothing of a dedicated one', () => {
  expect(dedicatedReaders).not.toHaveProperty('api');
  expect(pairsOf('api').filter((pair) => /tenantry.dev.(t-|dedicated|cluster)/.test(pair))).toEqual(
    [],
  );
});

test("only lifecycle-secrets and lifecycle-bulk make and delete secrets, tenants' alone, and the former never reads one of theirs", () => {
  const writing = /^secretsmanager:(?!(GetSecretValue|ListSecrets)$)/;
  const writes = functions.flatMap(([name, function_]) =>
    rights
      .ofFunction(function_)
      .filter(({ actions }) => actions.some((action) => writing.test(action)))
      .map(({ actions, resources }) => ({ name, actions, resources })),
  );
  const verbs = ['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'RestoreSecret', 'TagResource'];
  const ofTenants = writes.filter(({ resources }) => !resources.some(isDatabaseSecret));
  const kept = {
    'lifecycle-secrets': [dedicatedSecrets, tenantSecrets],
    'lifecycle-bulk': [tenantSecrets],
  };
  for (const [name, resources] of Object.entries(kept)) {
    expect(ofTenants.filter((right) => right.name === name)).toEqual([
      { name, actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] },
      { name, actions: verbs.map((verb) => `secretsmanager:${verb}`), resources },
    ]);
  }
  expect(ofTenants).toHaveLength(4);
});

const isDedicated = (pair: string) =>
  pair.endsWith(dedicatedClusters) ||
  [dedicatedSecrets, ...onAllClusters].some((it) => pair.endsWith(it));

const isDatabaseSecret = (resource: string) => resource.includes(':secret:tenantry/dev/database/');

test("the logins at customers' servers are made by lifecycle-secrets and deleted by lifecycle-provisioner; requests reach none of them", () => {
  expect(rights.whoMay('secretsmanager:CreateSecret').filter(isDatabaseSecret)).toEqual([
    `lifecycle-secrets ${databaseSecrets('migrator')}`,
  ]);
  expect(rights.whoMay('secretsmanager:DeleteSecret').filter(isDatabaseSecret)).toEqual([
    `lifecycle-provisioner ${databaseSecrets('admin')}`,
    `lifecycle-provisioner ${databaseSecrets('migrator')}`,
  ]);
  expect(rights.whoMay('secretsmanager:GetSecretValue').filter(isDatabaseSecret)).toEqual([
    `audit ${databaseSecrets('migrator')}`,
    `fleet-migrator ${databaseSecrets('migrator')}`,
    `lifecycle-migrator ${databaseSecrets('migrator')}`,
    `lifecycle-provisioner ${databaseSecrets('admin')}`,
    `lifecycle-provisioner ${databaseSecrets('migrator')}`,
    `migrations ${databaseSecrets('migrator')}`,
    `repair ${databaseSecrets('admin')}`,
    `repair ${databaseSecrets('migrator')}`,
  ]);
});

test("lifecycle-bulk has the rights of the lifecycle workers together and no others, but none on caches, as it deletes nobody, none on customers' servers, and none of dedicated tenants", () => {
  const workers = ['registry', 'secrets', 'provisioner', 'migrator', 'tenant'];
  const union = workers
    .flatMap((worker) => pairsOf(`lifecycle-${worker}`))
    .filter((pair) => !pair.startsWith('sts:') && !isDatabaseSecret(pair) && !isDedicated(pair));
  expect(new Set(pairsOf('lifecycle-bulk'))).toEqual(new Set(union));
});

/** What a function may do, as `<action> <resource>`; its own log aside. */
function pairsOf(name: string): string[] {
  const found = platform.functions().get(name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return rights
    .ofFunction(found)
    .flatMap(({ actions, resources }) =>
      actions
        .filter((action) => !action.startsWith('logs:'))
        .flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    );
}

test("the audit alone lists the names of secrets, and can read no tenant's", () => {
  expect(rights.whoMay('secretsmanager:ListSecrets')).toEqual(['audit *']);
  expect(readers['audit']).not.toContain(tenantSecrets);
});

test('workflows are started by control and on-deploy only', () => {
  expect(rights.whoMay('states:StartExecution')).toEqual(
    [
      `control ${platform.machine('create-tenant').id}`,
      `control ${platform.machine('create-tenants').id}`,
      `control ${platform.machine('delete-tenant').id}`,
      `control ${platform.machine('suspend-tenant').id}`,
      `control ${platform.machine('resume-tenant').id}`,
      `control ${platform.machine('migrate-fleet').id}`,
      `on-deploy ${platform.machine('migrate-fleet').id}`,
    ].toSorted(),
  );
});

test('nobody but control and on-deploy-complete asks for executions, and only for those of our state machines', () => {
  const executions = `${arnHead('states')}execution:tenantry-dev-`;
  expect(rights.whoMay('states:DescribeExecution')).toEqual([
    `control ${executions}create-tenant:*`,
    `control ${executions}create-tenants:*`,
    `control ${executions}delete-tenant:*`,
    `control ${executions}migrate-fleet:*`,
    `control ${executions}resume-tenant:*`,
    `control ${executions}suspend-tenant:*`,
    `on-deploy-complete ${executions}migrate-fleet:*`,
  ]);
});

test.each([
  [
    'create-tenant',
    [
      'lifecycle-launcher',
      'lifecycle-migrator',
      'lifecycle-provisioner',
      'lifecycle-registry',
      'lifecycle-secrets',
      'lifecycle-tenant',
    ],
  ],
  ['create-tenants', ['lifecycle-bulk', 'lifecycle-registry']],
  [
    'delete-tenant',
    [
      'lifecycle-launcher',
      'lifecycle-provisioner',
      'lifecycle-registry',
      'lifecycle-secrets',
      'lifecycle-tenant',
    ],
  ],
  ['suspend-tenant', ['lifecycle-provisioner', 'lifecycle-registry']],
  ['resume-tenant', ['lifecycle-provisioner', 'lifecycle-registry', 'lifecycle-tenant']],
  ['migrate-fleet', ['fleet-coordinator', 'fleet-migrator']],
])('the state machine %s invokes the workers of its steps only', (name, workers) => {
  const ofMachine = rights.ofRole(refOf(platform.machine(name).Properties['RoleArn']));
  const invoked = ofMachine.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
  const arns = workers.map((worker) => `${platform.functions().get(worker)?.id}.Arn`);
  expect(invoked.flatMap(({ resources }) => resources).toSorted()).toEqual(arns.toSorted());
});

test('nobody has a right on the caches but to open sessions that are tagged with a tenant', () => {
  const actions = functions.flatMap(([name, function_]) =>
    rights
      .ofFunction(function_)
      .flatMap((right) => right.actions.map((action) => ({ name, action }))),
  );
  expect(actions.filter(({ action }) => action.startsWith('dynamodb:'))).toEqual([]);
  const role = `${platform.getOne('AWS::IAM::Role', cacheRole).id}.Arn`;
  for (const action of ['sts:AssumeRole', 'sts:TagSession'])
    expect(rights.whoMay(action)).toEqual([
      `api ${role}`,
      `isolation-check ${role}`,
      `lifecycle-tenant ${role}`,
    ]);
});

test('no role has an action with a wildcard', () => {
  const actions = platform
    .ofType('AWS::IAM::Policy')
    .flatMap(({ Properties }) => listOf(Properties['PolicyDocument']?.['Statement']))
    .flatMap(({ Action }) => listOf(Action).map(textOf));
  expect(actions.length).toBeGreaterThan(50);
  expect(actions.filter((action) => action.includes('*'))).toEqual([]);
});

test('each function has a role of its own, without policies of AWS', () => {
  const roles = functions.map(([, { Properties }]) => refOf(Properties['Role']));
  expect(new Set(roles).size).toBe(functions.length);
  const ours = platform.ofType('AWS::IAM::Role').filter(({ id }) => roles.includes(id));
  expect(ours.filter(({ Properties }) => Properties['ManagedPolicyArns'] !== undefined)).toEqual(
    [],
  );
});
