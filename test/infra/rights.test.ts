import { expect, test } from 'vitest';
import { synthesizePlatform } from './synthesize-platform.ts';
import type { Resource } from './synthesize-platform.ts';

const platform = synthesizePlatform();
const functions = [...platform.functions()];

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** What the role of a function or state machine may do. */
function rightsOf(roleId: string): Statement[] {
  const policies = platform
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      Properties['Roles'].some((role: { Ref: string }) => role.Ref === roleId),
    );
  return policies
    .flatMap(({ Properties }) => Properties['PolicyDocument'].Statement)
    .map(parseStatement);
}

function parseStatement(statement: Record<string, any>): Statement {
  expect(statement['Effect']).toBe('Allow');
  expect(statement).not.toHaveProperty('NotAction');
  expect(statement).not.toHaveProperty('NotResource');
  return {
    actions: [statement['Action']].flat(),
    resources: [statement['Resource']].flat().map(nameResource),
  };
}

/** A resource in words: a secret's name, or the text of its ARN with logical ids. */
function nameResource(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as Record<string, any>;
  if (ref !== undefined) return secretNames.get(ref) ?? ref;
  if (attribute !== undefined)
    return attribute[1] === 'MasterUserSecret.SecretArn' ? 'admin' : attribute.join('.');
  return join[1].map(nameResource).join('');
}

const secretNames = new Map(
  platform
    .ofType('AWS::SecretsManager::Secret')
    .map(({ id, Properties }) => [id, Properties['Name'] as string]),
);
const clusterId = platform.getOne('AWS::RDS::DBCluster').id;
const arnHead = (service: string) => `arn:AWS::Partition:${service}:AWS::Region:AWS::AccountId:`;
const tenantSecrets = `${arnHead('secretsmanager')}secret:tenantry/dev/tenant/*`;

function roleOf(function_: Resource): string {
  return function_.Properties['Role']['Fn::GetAtt'][0];
}

function resourcesOf(function_: Resource, action: string): string[] {
  const allowed = rightsOf(roleOf(function_)).filter(({ actions }) => actions.includes(action));
  return allowed.flatMap(({ resources }) => resources).toSorted();
}

const readers: Record<string, string[]> = {
  api: [tenantSecrets, 'tenantry/dev/platform/catalog_reader'],
  site: ['tenantry/dev/platform/site'],
  control: ['tenantry/dev/platform/catalog_writer'],
  'lifecycle-registry': ['tenantry/dev/platform/catalog_writer'],
  'lifecycle-secrets': ['tenantry/dev/platform/catalog_writer'],
  'lifecycle-provisioner': [
    tenantSecrets,
    'tenantry/dev/platform/catalog_writer',
    'tenantry/dev/platform/platform_provisioner',
  ],
  'lifecycle-migrator': [
    'tenantry/dev/platform/catalog_writer',
    'tenantry/dev/platform/platform_migrator',
  ],
  'lifecycle-tenant': [tenantSecrets, 'tenantry/dev/platform/catalog_writer'],
  'fleet-migrator': [
    'tenantry/dev/platform/catalog_writer',
    'tenantry/dev/platform/platform_migrator',
  ],
  'fleet-coordinator': ['tenantry/dev/platform/catalog_writer'],
  'on-deploy': ['tenantry/dev/platform/catalog_writer'],
  'on-deploy-complete': ['tenantry/dev/platform/catalog_writer'],
  'prepare-cluster': [
    'admin',
    'tenantry/dev/platform/catalog_reader',
    'tenantry/dev/platform/catalog_writer',
    'tenantry/dev/platform/platform_migrator',
    'tenantry/dev/platform/platform_provisioner',
    'tenantry/dev/platform/site',
  ],
};

test.each(functions)('%s reads these secrets and no others', (name, function_) => {
  expect(resourcesOf(function_, 'secretsmanager:GetSecretValue')).toEqual(readers[name]);
});

test.each(functions)('%s uses the Data API of the home cluster only', (_, function_) => {
  const actions = rightsOf(roleOf(function_)).flatMap((statement) => statement.actions);
  const dataApi = actions.filter((action) => action.startsWith('rds-data:'));
  expect(dataApi).toHaveLength(5);
  for (const action of dataApi) {
    expect(resourcesOf(function_, action)).toEqual([`${arnHead('rds')}cluster:${clusterId}`]);
  }
});

test("only lifecycle-secrets makes and deletes secrets, tenants' alone, and it never reads one of theirs", () => {
  const writing = /^secretsmanager:(?!GetSecretValue$)/;
  for (const [name, function_] of functions) {
    const rights = rightsOf(roleOf(function_)).filter(({ actions }) =>
      actions.some((it) => writing.test(it)),
    );
    if (name !== 'lifecycle-secrets') expect({ name, rights }).toEqual({ name, rights: [] });
    else
      expect(rights).toEqual([
        { actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] },
        {
          actions: [
            'CreateSecret',
            'DeleteSecret',
            'DescribeSecret',
            'RestoreSecret',
            'TagResource',
          ].map((action) => `secretsmanager:${action}`),
          resources: [tenantSecrets],
        },
      ]);
  }
});

test('workflows are started by control and on-deploy only', () => {
  const starting = functions.flatMap(([name, function_]) =>
    resourcesOf(function_, 'states:StartExecution').map((machine) => [name, machineName(machine)]),
  );
  expect(starting.toSorted()).toEqual([
    ['control', 'create-tenant'],
    ['control', 'delete-tenant'],
    ['control', 'migrate-fleet'],
    ['on-deploy', 'migrate-fleet'],
  ]);
});

test('nobody but control and on-deploy-complete asks for executions, and only for those of our state machines', () => {
  const asking = functions.flatMap(([name, function_]) =>
    resourcesOf(function_, 'states:DescribeExecution').map((executions) => [name, executions]),
  );
  const executions = (machine: string) => `${arnHead('states')}execution:tenantry-dev-${machine}:*`;
  expect(asking.toSorted()).toEqual([
    ['control', executions('create-tenant')],
    ['control', executions('delete-tenant')],
    ['control', executions('migrate-fleet')],
    ['on-deploy-complete', executions('migrate-fleet')],
  ]);
});

function machineName(id: string): string {
  const machine = platform.resources.find((resource) => resource.id === id);
  return machine?.Properties['StateMachineName'].replace('tenantry-dev-', '');
}

test('a state machine invokes the workers of its steps only', () => {
  for (const [name, workers] of Object.entries({
    'create-tenant': [
      'lifecycle-migrator',
      'lifecycle-provisioner',
      'lifecycle-registry',
      'lifecycle-secrets',
      'lifecycle-tenant',
    ],
    'delete-tenant': ['lifecycle-provisioner', 'lifecycle-registry', 'lifecycle-secrets'],
    'migrate-fleet': ['fleet-coordinator', 'fleet-migrator'],
  })) {
    const machine = platform.getOne('AWS::StepFunctions::StateMachine', {
      StateMachineName: `tenantry-dev-${name}`,
    });
    const rights = rightsOf(machine.Properties['RoleArn']['Fn::GetAtt'][0]);
    const invoked = rights.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
    const arns = workers.map((worker) => `${platform.functions().get(worker)?.id}.Arn`);
    expect(invoked.flatMap(({ resources }) => resources).toSorted()).toEqual(arns.toSorted());
  }
});

test('no role of ours has an action with a wildcard, or a policy of AWS', () => {
  const statements = platform
    .ofType('AWS::IAM::Policy')
    .flatMap(({ Properties }) => Properties['PolicyDocument'].Statement);
  const actions = statements.flatMap((statement) => statement['Action']);
  expect(actions.length).toBeGreaterThan(50);
  expect(actions.filter((action: string) => action.includes('*'))).toEqual([]);
  for (const [, function_] of functions) {
    const role = platform.resources.find(({ id }) => id === roleOf(function_));
    expect(role?.Properties['ManagedPolicyArns']).toBeUndefined();
  }
});

test('each function has a role of its own', () => {
  expect(new Set(functions.map(([, function_]) => roleOf(function_))).size).toBe(functions.length);
});
