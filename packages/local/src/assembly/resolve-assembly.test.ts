import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readAssembly } from './cloud-assembly.ts';
import type { LocalStack, StackSecret } from './local-stack.ts';
import { resolveAssembly } from './resolve-assembly.ts';

const region = 'us-east-1';
const accountId = '000000000000';
const functionArn = (name: string): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${name}`;

type Resources = Record<string, unknown>;

/** Writes an assembly with one stack and one asset, as `cdk synth` lays it out. */
function writeAssembly(resources: Resources, rest: object = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'asset.abc'));
  const files: Record<string, unknown> = {
    'manifest.json': {
      version: '54.0.0',
      artifacts: {
        'app.assets': { type: 'cdk:asset-manifest', properties: { file: 'app.assets.json' } },
        app: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile: 'app.template.json' },
        },
        Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
      },
    },
    'app.assets.json': {
      version: '54.0.0',
      files: { abc: { source: { path: 'asset.abc', packaging: 'zip' } } },
    },
    'app.template.json': { Resources: resources, ...rest },
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(dir, name), JSON.stringify(content));
  }
  return dir;
}

function resolveStack(resources: Resources, rest: object = {}): LocalStack {
  return resolveWithSecrets(resources, rest).stack;
}

function resolveWithSecrets(
  resources: Resources,
  rest: object = {},
): { stack: LocalStack; secrets: StackSecret[] } {
  const secrets: StackSecret[] = [];
  const stack = resolveAssembly(readAssembly(writeAssembly(resources, rest)), {
    region,
    accountId,
    ensureSecret: (secret) => {
      secrets.push(secret);
      return `arn:aws:secretsmanager:${region}:${accountId}:secret:${secret.name}-AbCdEf`;
    },
  });
  return { stack, secrets };
}

function functionResource(name: string, properties: object = {}): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: name,
      Handler: 'index.handler',
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: 'abc.zip' },
      ...properties,
    },
  };
}

test('a function has its code, its limits and its resolved environment', () => {
  const { functions } = resolveStack({
    Role: { Type: 'AWS::IAM::Role' },
    Table: { Type: 'AWS::RDS::DBCluster', Properties: { DBClusterIdentifier: 'Home' } },
    Api: functionResource('api', {
      Timeout: 30,
      MemorySize: 512,
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Environment: {
        Variables: {
          JOINED: {
            'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 'rds', { Ref: 'Table' }]],
          },
          ATTRIBUTE: { 'Fn::GetAtt': ['Table', 'DBClusterArn'] },
          DOTTED: { 'Fn::GetAtt': 'Table.Endpoint.Address' },
          SUBSTITUTED: {
            'Fn::Sub': [
              '${AWS::Region}/${own}/${Table}/${!kept}',
              { own: { Ref: 'AWS::StackName' } },
            ],
          },
          SELECTED: { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] },
          LEFT_OUT: { Ref: 'AWS::NoValue' },
          NUMBER: 7,
        },
      },
    }),
  });
  expect(functions).toEqual([
    {
      name: 'api',
      roleArn: 'arn:aws:iam::000000000000:role/app-Role',
      arn: functionArn('api'),
      codeDir: expect.stringMatching(/asset\.abc$/) as string,
      handler: 'index.handler',
      timeoutSeconds: 30,
      memoryMb: 512,
      environment: {
        JOINED: 'arn:aws:rds:home',
        ATTRIBUTE: `arn:aws:rds:${region}:${accountId}:cluster:home`,
        DOTTED: '127.0.0.1',
        SUBSTITUTED: `${region}/app/home/\${kept}`,
        SELECTED: 'b',
        NUMBER: '7',
      },
    },
  ]);
});

test("a function without limits has Lambda's own", () => {
  const [fn] = resolveStack({ Api: functionResource('api') }).functions;
  expect(fn).toMatchObject({ timeoutSeconds: 3, memoryMb: 128, environment: {} });
});

test('conditions choose values and leave resources out', () => {
  const { functions } = resolveStack(
    {
      Yes: functionResource('yes', {
        Condition: undefined,
        Environment: { Variables: { V: { 'Fn::If': ['IsHere', 'here', 'there'] } } },
      }),
      No: { ...functionResource('no'), Condition: 'IsElsewhere' },
    },
    {
      Conditions: {
        IsHere: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, region] },
        IsElsewhere: { 'Fn::Not': [{ Condition: 'IsHere' }] },
      },
    },
  );
  expect(functions.map(({ name, environment }) => [name, environment])).toEqual([
    ['yes', { V: 'here' }],
  ]);
});

test('a state machine leads to functions, through aliases and versions too', () => {
  const { machines } = resolveStack({
    Api: functionResource('api'),
    Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Api' } } },
    Live: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: 'Api' },
        FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
        Name: 'live',
      },
    },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'create-tenant',
        DefinitionString: {
          'Fn::Join': [
            '',
            [
              '{"A":"',
              { 'Fn::GetAtt': ['Api', 'Arn'] },
              '","B":"',
              { Ref: 'Live' },
              '","C":"',
              { Ref: 'Version' },
              '"}',
            ],
          ],
        },
      },
    },
  });
  const arn = functionArn('api');
  expect(machines).toEqual([
    {
      name: 'create-tenant',
      arn: `arn:aws:states:${region}:${accountId}:stateMachine:create-tenant`,
      definition: { A: arn, B: arn, C: arn },
    },
  ]);
});

test('each secret is made once, with its rules; that of the master user says so', () => {
  const { stack, secrets } = resolveWithSecrets({
    Site: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        Name: 'platform/site',
        GenerateSecretString: {
          SecretStringTemplate: '{"username":"site"}',
          GenerateStringKey: 'password',
          PasswordLength: 40,
          ExcludeCharacters: '/@"',
        },
      },
    },
    Master: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { SecretStringTemplate: '{"username":"admin"}' } },
    },
    Attachment: {
      Type: 'AWS::SecretsManager::SecretTargetAttachment',
      Properties: { SecretId: { Ref: 'Master' }, TargetId: { Ref: 'Cluster' } },
    },
    Cluster: {
      Type: 'AWS::RDS::DBCluster',
      Properties: {
        DatabaseName: 'tenantry',
        MasterUserPassword: {
          'Fn::Join': [
            '',
            ['{{resolve:secretsmanager:', { Ref: 'Master' }, ':SecretString:password::}}'],
          ],
        },
        VpcSecurityGroupIds: [{ 'Fn::GetAtt': ['Group', 'GroupId'] }],
      },
    },
    Group: { Type: 'AWS::EC2::SecurityGroup' },
    Api: functionResource('api', {
      Environment: { Variables: { SITE: { Ref: 'Site' }, ADMIN: { Ref: 'Attachment' } } },
    }),
  });
  expect(secrets).toHaveLength(2);
  expect(secrets[0]).toMatchObject({
    name: 'platform/site',
    generation: {
      template: '{"username":"site"}',
      key: 'password',
      passwordLength: 40,
      excludeCharacters: '/@"',
    },
  });
  expect(secrets[1]).toMatchObject({ name: 'app-Master', masterOf: 'Cluster' });
  expect(stack.clusters).toEqual([
    {
      logicalId: 'Cluster',
      arn: `arn:aws:rds:${region}:${accountId}:cluster:app-cluster`,
      database: 'tenantry',
      masterSecretArn: expect.stringContaining(':secret:app-Master-') as string,
    },
  ]);
  expect(stack.functions[0]?.environment).toEqual({
    SITE: expect.stringContaining(':secret:platform/site-') as string,
    ADMIN: stack.clusters[0]?.masterSecretArn,
  });
});

test('a master secret that RDS manages is made too', () => {
  const { stack, secrets } = resolveWithSecrets({
    Cluster: {
      Type: 'AWS::RDS::DBCluster',
      Properties: { DBClusterIdentifier: 'home', ManageMasterUserPassword: true },
    },
    Api: functionResource('api', {
      Environment: {
        Variables: { ADMIN: { 'Fn::GetAtt': ['Cluster', 'MasterUserSecret.SecretArn'] } },
      },
    }),
  });
  expect(secrets).toEqual([{ name: 'rds!home', logicalId: 'Cluster', masterOf: 'Cluster' }]);
  expect(stack.functions[0]?.environment['ADMIN']).toBe(stack.clusters[0]?.masterSecretArn);
});

test('an HTTP API has its routes, its functions and the domains mapped to it', () => {
  const { apis } = resolveStack({
    Api: functionResource('api'),
    Domain: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: { DomainName: '*.localhost', DomainNameConfigurations: [] },
    },
    Http: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: { Name: 'tenant api', ProtocolType: 'HTTP', DisableExecuteApiEndpoint: true },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Http' },
        IntegrationType: 'AWS_PROXY',
        PayloadFormatVersion: '2.0',
        IntegrationUri: {
          'Fn::Join': [
            '',
            [
              'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
              { 'Fn::GetAtt': ['Api', 'Arn'] },
              '/invocations',
            ],
          ],
        },
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Http' },
        RouteKey: '$default',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
      },
    },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: {
        ApiId: { Ref: 'Http' },
        StageName: '$default',
        AccessLogSettings: { DestinationArn: { 'Fn::GetAtt': ['Log', 'Arn'] } },
      },
    },
    Log: { Type: 'AWS::Logs::LogGroup' },
    Mapping: {
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: { ApiId: { Ref: 'Http' }, DomainName: { Ref: 'Domain' }, Stage: '$default' },
    },
  });
  expect(apis).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{10}$/) as string,
      name: 'tenant api',
      routes: [{ routeKey: '$default', functionArn: functionArn('api') }],
      domains: ['*.localhost'],
      defaultHost: `${apis[0]?.id}.execute-api.${region}.amazonaws.com`,
      isDefaultHostDisabled: true,
    },
  ]);
});

const provider = {
  OnEvent: functionResource('on-event'),
  IsComplete: functionResource('is-complete'),
  Framework: functionResource('framework', {
    Environment: {
      Variables: {
        USER_ON_EVENT_FUNCTION_ARN: { 'Fn::GetAtt': ['OnEvent', 'Arn'] },
        USER_IS_COMPLETE_FUNCTION_ARN: { 'Fn::GetAtt': ['IsComplete', 'Arn'] },
        WAITER_STATE_MACHINE_ARN: { Ref: 'Waiter' },
      },
    },
  }),
  FrameworkTimeout: functionResource('framework-timeout', {
    Environment: {
      Variables: { USER_ON_EVENT_FUNCTION_ARN: { 'Fn::GetAtt': ['OnEvent', 'Arn'] } },
    },
  }),
  Waiter: { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString: '{}' } },
};

function customResource(properties: object, rest: object = {}): object {
  return {
    Type: 'Custom::Thing',
    Properties: { ServiceToken: { 'Fn::GetAtt': ['Framework', 'Arn'] }, ...properties },
    ...rest,
  };
}

test("custom resources come after what they depend on, with the application's own functions", () => {
  const { customResources, functions, machines } = resolveStack({
    Second: customResource({ n: 2, list: [true, { deep: 1 }] }, { DependsOn: 'Between' }),
    Between: { Type: 'AWS::IAM::Policy', DependsOn: ['First'] },
    Third: customResource({ after: { Ref: 'Api' } }),
    Api: { ...functionResource('api'), DependsOn: 'Second' },
    First: customResource({}),
    ...provider,
  });
  expect(customResources.map(({ logicalId }) => logicalId)).toEqual(['First', 'Second', 'Third']);
  expect(customResources[1]).toMatchObject({
    type: 'Custom::Thing',
    onEventArn: functionArn('on-event'),
    isCompleteArn: functionArn('is-complete'),
    properties: { n: '2', list: ['true', { deep: '1' }] },
  });
  expect(functions.map(({ name }) => name).toSorted()).toEqual(['api', 'is-complete', 'on-event']);
  expect(machines).toEqual([]);
});

test('outputs are resolved; one without a value here is left out', () => {
  const { outputs } = resolveStack(
    { Api: functionResource('api'), Log: { Type: 'AWS::Logs::LogGroup' } },
    {
      Outputs: {
        Control: { Value: { Ref: 'Api' } },
        Log: { Value: { 'Fn::GetAtt': ['Log', 'Arn'] } },
      },
    },
  );
  expect(outputs).toEqual({ Control: 'api' });
});

test("CDK's bootstrap parameter is passed over", () => {
  const parameters = {
    Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' } },
    Rules: { CheckBootstrapVersion: { Assertions: [] } },
  };
  expect(resolveStack({ Api: functionResource('api') }, parameters).functions).toHaveLength(1);
});

test.each<[string, Resources, string]>([
  [
    'an unknown resource type',
    { Queue: { Type: 'AWS::SQS::Queue' } },
    'resource type AWS::SQS::Queue (Queue) is not known here',
  ],
  [
    'an unknown intrinsic function',
    { Api: functionResource('api', { Environment: { Variables: { V: { 'Fn::Cidr': [] } } } }) },
    'Environment of Api (AWS::Lambda::Function): Fn::Cidr is not a function that is known here',
  ],
  [
    'a reference to what is not there',
    { Api: functionResource('api', { Environment: { Variables: { V: { Ref: 'Nobody' } } } }) },
    'Environment of Api (AWS::Lambda::Function): there is no resource Nobody',
  ],
  [
    'a value that only the cloud has',
    {
      Log: { Type: 'AWS::Logs::LogGroup' },
      Api: functionResource('api', {
        Environment: { Variables: { V: { 'Fn::GetAtt': ['Log', 'Arn'] } } },
      }),
    },
    'Log (AWS::Logs::LogGroup) has no value here',
  ],
  [
    'code that is not in the assembly',
    { Api: functionResource('api', { Code: { S3Key: 'other.zip' } }) },
    'the code of function Api (other) is not in the assembly',
  ],
  [
    'a custom resource that answers CloudFormation itself',
    {
      Own: functionResource('own'),
      Thing: {
        Type: 'Custom::Thing',
        Properties: { ServiceToken: { 'Fn::GetAtt': ['Own', 'Arn'] } },
      },
    },
    "custom resource Thing (Custom::Thing) does not go through CDK's provider framework",
  ],
  [
    'resources that depend on each other',
    {
      A: { Type: 'AWS::IAM::Role', DependsOn: 'B' },
      B: { Type: 'AWS::IAM::Role', DependsOn: 'A' },
    },
    'resources depend on each other: A, B, A',
  ],
  [
    'an API that is not HTTP',
    { Socket: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } } },
    'API Socket is of type WEBSOCKET; only HTTP runs here',
  ],
])('%s stops with an error that names it', (_, resources, reason) => {
  expect(() => resolveStack(resources)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_ASSEMBLY_INVALID',
      message: expect.stringContaining(reason) as string,
    }),
  );
});

test('a folder without an assembly says what to type', () => {
  const dir = mkdtempSync(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  expect(() => readAssembly(dir)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_ASSEMBLY_INVALID',
      next: expect.stringContaining('cdk synth') as string,
    }),
  );
});

test('an assembly of several stacks is refused by name', () => {
  const dir = mkdtempSync(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const stack = { type: 'aws:cloudformation:stack' };
  writeFileSync(
    join(dir, 'manifest.json'),
    JSON.stringify({ artifacts: { one: stack, two: stack } }),
  );
  expect(() => readAssembly(dir)).toThrow('found: one, two');
});
