import { expect, test } from 'vitest';
import { listOf, refOf, textOf } from './platform-template.ts';
import type { Part, Resource } from './platform-template.ts';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform();
const functions = [...platform.functions()];

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const policies = platform.ofType('AWS::IAM::Policy').map(({ Properties }) => ({
  roles: listOf(Properties['Roles']).map(refOf),
  statements: listOf(Properties['PolicyDocument']?.['Statement']),
}));
const secretNames = new Map(
  platform
    .ofType('AWS::SecretsManager::Secret')
    .map(({ id, Properties }) => [id, textOf(Properties['Name'])]),
);
const clusterId = platform.getOne('AWS::RDS::DBCluster').id;
const tenantSecrets = `${arnHead('secretsmanager')}secret:tenantry/dev/tenant/*`;
const databaseSecrets = (login: string) =>
  `${arnHead('secretsmanager')}secret:tenantry/dev/database/${login}/*`;

function arnHead(service: string): string {
  return `arn:AWS::Partition:${service}:AWS::Region:AWS::AccountId:`;
}

/** What a role may do. */
function rightsOf(roleId: string): Statement[] {
  return policies
    .filter(({ roles }) => roles.includes(roleId))
    .flatMap(({ statements }) => statements)
    .map(parseStatement);
}

function parseStatement(statement: Part): Statement {
  const { Effect, Action, Resource: resource, ...more } = statement;
  expect({ Effect, more }).toEqual({ Effect: 'Allow', more: {} });
  return { actions: listOf(Action).map(textOf), resources: listOf(resource).map(nameResource) };
}

/** A resource in words: a secret's name, or the text of its ARN with logical ids. */
function nameResource(resource: Part): string {
  if (typeof (resource as unknown) === 'string') return textOf(resource);
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource;
  if (attribute?.['1'] !== undefined) {
    const name = textOf(attribute['1']);
    return name === 'MasterUserSecret.SecretArn' ? 'admin' : `${refOf(resource)}.${name}`;
  }
  if (join !== undefined) return listOf(join['1']).map(nameResource).join('');
  return secretNames.get(refOf(resource)) ?? refOf(resource);
}

function roleOf(function_: Resource): string {
  return refOf(function_.Properties['Role']);
}

/** The resources on which a function may do something. */
function resourcesOf(function_: Resource, action: string): string[] {
  return rightsOf(roleOf(function_))
    .filter(({ actions }) => actions.includes(action))
    .flatMap(({ resources }) => resources)
    .toSorted();
}

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
  audit: [platformSecret('catalog_writer'), platformSecret('platform_auditor')],
  repair: [platformSecret('catalog_writer'), platformSecret('platform_provisioner')],
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

test.each(functions)('%s reads these secrets and no others', (name, function_) => {
  expect(resourcesOf(function_, 'secretsmanager:GetSecretValue')).toEqual(readers[name]);
});

test.each(functions)('%s uses the Data API of the home cluster only', (_, function_) => {
  const actions = rightsOf(roleOf(function_)).flatMap((statement) => statement.actions);
  const dataApi = actions.filter((action) => action.startsWith('rds-data:'));
  expect(dataApi).toHaveLength(4);
  for (const action of dataApi) {
    expect(resourcesOf(function_, action)).toEqual([`${arnHead('rds')}cluster:${clusterId}`]);
  }
});

test("only lifecycle-secrets and lifecycle-bulk make and delete secrets, tenants' alone, and the former never reads one of theirs", () => {
  const writing = /^secretsmanager:(?!(GetSecretValue|ListSecrets)$)/;
  const rights = functions.flatMap(([name, function_]) =>
    rightsOf(roleOf(function_))
      .filter(({ actions }) => actions.some((action) => writing.test(action)))
      .map((statement) => ({ name, ...statement })),
  );
  const verbs = ['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'RestoreSecret', 'TagResource'];
  const ofTenants = rights.filter(({ resources }) => !resources.some(isDatabaseSecret));
  for (const name of ['lifecycle-secrets', 'lifecycle-bulk']) {
    expect(ofTenants.filter((right) => right.name === name)).toEqual([
      { name, actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] },
      { name, actions: verbs.map((verb) => `secretsmanager:${verb}`), resources: [tenantSecrets] },
    ]);
  }
  expect(ofTenants).toHaveLength(4);
});

const isDatabaseSecret = (resource: string) => resource.includes(':secret:tenantry/dev/database/');

test("the logins at customers' servers are made by lifecycle-secrets and deleted by lifecycle-provisioner; requests reach none of them", () => {
  expect(whoMay('secretsmanager:CreateSecret').filter(isDatabaseSecret)).toEqual([
    `lifecycle-secrets ${databaseSecrets('migrator')}`,
  ]);
  expect(whoMay('secretsmanager:DeleteSecret').filter(isDatabaseSecret)).toEqual([
    `lifecycle-provisioner ${databaseSecrets('admin')}`,
    `lifecycle-provisioner ${databaseSecrets('migrator')}`,
  ]);
  expect(whoMay('secretsmanager:GetSecretValue').filter(isDatabaseSecret)).toEqual([
    `fleet-migrator ${databaseSecrets('migrator')}`,
    `lifecycle-migrator ${databaseSecrets('migrator')}`,
    `lifecycle-provisioner ${databaseSecrets('admin')}`,
    `lifecycle-provisioner ${databaseSecrets('migrator')}`,
    `migrations ${databaseSecrets('migrator')}`,
  ]);
});

test("lifecycle-bulk has the rights of the lifecycle workers together and no others, but none on caches, as it deletes nobody, and none on customers' servers", () => {
  const workers = ['registry', 'secrets', 'provisioner', 'migrator', 'tenant'];
  const union = workers
    .flatMap((worker) => pairsOf(`lifecycle-${worker}`))
    .filter((pair) => !pair.startsWith('sts:') && !isDatabaseSecret(pair));
  expect(new Set(pairsOf('lifecycle-bulk'))).toEqual(new Set(union));
});

/** What a function may do, as `<action> <resource>`; its own log aside. */
function pairsOf(name: string): string[] {
  const found = platform.functions().get(name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return rightsOf(roleOf(found)).flatMap(({ actions, resources }) =>
    actions
      .filter((action) => !action.startsWith('logs:'))
      .flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
  );
}

/** Which function may do something to which resource, as `<function> <resource>`. */
function whoMay(action: string): string[] {
  return functions
    .flatMap(([name, function_]) =>
      resourcesOf(function_, action).map((resource) => `${name} ${resource}`),
    )
    .toSorted();
}

test("the audit alone lists the names of secrets, and can read no tenant's", () => {
  expect(whoMay('secretsmanager:ListSecrets')).toEqual(['audit *']);
  expect(readers['audit']).not.toContain(tenantSecrets);
});

test('workflows are started by control and on-deploy only', () => {
  expect(whoMay('states:StartExecution')).toEqual(
    [
      `control ${platform.machine('create-tenant').id}`,
      `control ${platform.machine('create-tenants').id}`,
      `control ${platform.machine('delete-tenant').id}`,
      `control ${platform.machine('migrate-fleet').id}`,
      `on-deploy ${platform.machine('migrate-fleet').id}`,
    ].toSorted(),
  );
});

test('nobody but control and on-deploy-complete asks for executions, and only for those of our state machines', () => {
  const executions = `${arnHead('states')}execution:tenantry-dev-`;
  expect(whoMay('states:DescribeExecution')).toEqual([
    `control ${executions}create-tenant:*`,
    `control ${executions}create-tenants:*`,
    `control ${executions}delete-tenant:*`,
    `control ${executions}migrate-fleet:*`,
    `on-deploy-complete ${executions}migrate-fleet:*`,
  ]);
});

test.each([
  [
    'create-tenant',
    [
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
    ['lifecycle-provisioner', 'lifecycle-registry', 'lifecycle-secrets', 'lifecycle-tenant'],
  ],
  ['migrate-fleet', ['fleet-coordinator', 'fleet-migrator']],
])('the state machine %s invokes the workers of its steps only', (name, workers) => {
  const rights = rightsOf(refOf(platform.machine(name).Properties['RoleArn']));
  const invoked = rights.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
  const arns = workers.map((worker) => `${platform.functions().get(worker)?.id}.Arn`);
  expect(invoked.flatMap(({ resources }) => resources).toSorted()).toEqual(arns.toSorted());
});

test('nobody has a right on the caches but to open sessions that are tagged with a tenant', () => {
  const actions = functions.flatMap(([name, function_]) =>
    rightsOf(roleOf(function_)).flatMap((right) =>
      right.actions.map((action) => ({ name, action })),
    ),
  );
  expect(actions.filter(({ action }) => action.startsWith('dynamodb:'))).toEqual([]);
  const role = `${platform.getOne('AWS::IAM::Role', cacheRole).id}.Arn`;
  for (const action of ['sts:AssumeRole', 'sts:TagSession'])
    expect(whoMay(action)).toEqual([`api ${role}`, `lifecycle-tenant ${role}`]);
});

test('no role has an action with a wildcard', () => {
  const actions = policies.flatMap(({ statements }) =>
    statements.flatMap(({ Action }) => listOf(Action).map(textOf)),
  );
  expect(actions.length).toBeGreaterThan(50);
  expect(actions.filter((action) => action.includes('*'))).toEqual([]);
});

test('each function has a role of its own, without policies of AWS', () => {
  const roles = functions.map(([, function_]) => roleOf(function_));
  expect(new Set(roles).size).toBe(functions.length);
  const ours = platform.ofType('AWS::IAM::Role').filter(({ id }) => roles.includes(id));
  expect(ours.filter(({ Properties }) => Properties['ManagedPolicyArns'] !== undefined)).toEqual(
    [],
  );
});
