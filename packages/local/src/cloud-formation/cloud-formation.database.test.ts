import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
  type CreateStackCommandInput,
  type Stack,
  type UpdateStackCommandInput,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { findRuntime, startLocal, type LocalRuntime } from '../index.ts';
import { findClusterRecord } from '../postgres/cluster-record.ts';
import { findServer } from '../postgres/find-server.ts';
import { get } from '../test-get.ts';
import { writeTestAssembly } from '../test-assembly.ts';
import { tenantTemplate } from '../test-tenant-template.ts';

const region = 'us-east-1';

/** Where file assets of a test's assembly seem to be published. */
const bucketUrl = `https://s3.${region}.amazonaws.com/assets-000000000000-${region}`;

/** How a client of the SDK reaches a local endpoint. */
function clientOptions(endpoint: string, accessKeyId = 'local') {
  const credentials = { accessKeyId, secretAccessKey: 'local' };
  return { endpoint, region, maxAttempts: 1, credentials };
}

/** Values of the parameters of `tenantTemplate`. */
function parametersOf(tenantId: string, more: Readonly<Record<string, string>> = {}) {
  const values = { TenantId: tenantId, Host: `${tenantId}.localhost`, ...more };
  return Object.entries(values).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
}

/** A request for a tenant's stack, made from the asset `template`. */
function stackInput(tenantId: string, more: Partial<CreateStackCommandInput> = {}) {
  return {
    StackName: `tenantry-local-t-${tenantId}`,
    TemplateURL: `${bucketUrl}/template.json`,
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    Parameters: parametersOf(tenantId),
    ...more,
  } satisfies CreateStackCommandInput;
}

/** CloudFormation, each call waiting until nothing is under way on the stack. */
interface TestStacks {
  readonly client: CloudFormationClient;
  create(tenantId: string, more?: Partial<CreateStackCommandInput>): Promise<Stack>;
  update(tenantId: string, more?: Partial<UpdateStackCommandInput>): Promise<Stack>;
  remove(stack: Stack): Promise<Stack>;
  describe(nameOrId: string): Promise<Stack>;
  settle(nameOrId: string | undefined): Promise<Stack>;
}

/** CloudFormation at a local endpoint. */
function openTestStacks(endpoint: string): TestStacks {
  const client = new CloudFormationClient(clientOptions(endpoint));
  const describe = async (nameOrId: string) => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: nameOrId }));
    return Stacks?.[0] ?? expect.fail(`${nameOrId} is not described`);
  };
  const settle = async (nameOrId = '') => {
    await expect
      .poll(async () => (await describe(nameOrId)).StackStatus, { timeout: 30_000, interval: 20 })
      .not.toMatch(/IN_PROGRESS$/);
    return await describe(nameOrId);
  };
  return {
    client,
    describe,
    settle,
    create: async (tenantId, more) => {
      const input = stackInput(tenantId, more);
      return await settle((await client.send(new CreateStackCommand(input))).StackId);
    },
    update: async (tenantId, more) => {
      const input = { ...stackInput(tenantId), ...more };
      return await settle((await client.send(new UpdateStackCommand(input))).StackId);
    },
    remove: async ({ StackId, StackName }) => {
      await client.send(new DeleteStackCommand({ StackName }));
      return await settle(StackId);
    },
  };
}

const answering = (version: string) => `
  export async function handler(event) {
    if (event.rawPath === '/slow') await new Promise((resolve) => setTimeout(resolve, 300));
    await execute('create table if not exists visits (at timestamptz default now())');
    await execute('insert into visits default values');
    const rows = await execute('select count(*), inet_server_port() from visits');
    return {
      version: '${version}',
      host: event.requestContext.domainName,
      tenant: process.env.TENANT_ID,
      greeting: process.env.GREETING,
      visits: rows[0][0].longValue,
      port: rows[0][1].longValue,
    };
  }`;

const assets = {
  'tenant-one': answering('one'),
  'tenant-two': answering('two'),
  template: tenantTemplate(),
  'next-template': tenantTemplate({ code: 'tenant-two' }),
  'broken-template': tenantTemplate({ code: 'nowhere' }),
  'queue-template': tenantTemplate({ resources: { Queue: { Type: 'AWS::SQS::Queue' } } }),
  'custom-template': tenantTemplate({
    resources: {
      OnEvent: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Handler: 'index.handler',
          Code: { S3Key: 'tenant-one.zip' },
          Environment: {
            Variables: { USER_ON_EVENT_FUNCTION_ARN: { 'Fn::GetAtt': ['Function', 'Arn'] } },
          },
        },
      },
      Thing: {
        Type: 'Custom::Thing',
        Properties: { ServiceToken: { 'Fn::GetAtt': ['OnEvent', 'Arn'] } },
      },
    },
  }),
  'protected-template': tenantTemplate({
    resources: {
      Cluster: {
        Type: 'AWS::RDS::DBCluster',
        Properties: { ManageMasterUserPassword: true, DeletionProtection: true },
      },
    },
  }),
  'not-a-template': { nothing: true },
};

let dir: string;
let runtime: LocalRuntime;
let stacks: TestStacks;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stacks-'));
  writeTestAssembly(join(dir, 'cdk.out'), { assets });
  await start();
});

afterEach(async () => {
  const { Stacks = [] } = await stacks.client.send(new DescribeStacksCommand({}));
  const others = Stacks.filter(({ StackName }) => StackName !== stackInput('acme').StackName);
  for (const { StackName } of others)
    await stacks.client.send(
      new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
    );
  await Promise.all(others.map((stack) => stacks.remove(stack)));
});

afterAll(async () => {
  await runtime?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(onProgress?: (line: string) => void): Promise<void> {
  runtime = await startLocal({ ...startOptions(), onProgress });
  stacks = openTestStacks(runtime.endpointUrl);
}

function startOptions() {
  const place = { assemblyDir: join(dir, 'cdk.out'), dataDir: join(dir, 'data') };
  return { ...place, port: 0, durable: false };
}

/** Lets the system run in a process that is killed as soon as `fn` has its answer, and starts it again. */
async function interrupt(fn: (killed: TestStacks) => Promise<unknown>): Promise<void> {
  await runtime.close();
  const child = startInChild();
  try {
    const find = () => findRuntime({ cwd: '/', env: {}, dataDir: startOptions().dataDir });
    await expect.poll(find, { timeout: 30_000, interval: 20 }).toBeDefined();
    await fn(openTestStacks(find()?.endpointUrl ?? ''));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await start();
}

function startInChild(): ChildProcess {
  const script = `
    const { startLocal } = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
    await startLocal(${JSON.stringify(startOptions())});`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
}

function outputsOf({ Outputs = [] }: Stack): Record<string, string> {
  return Object.fromEntries(
    Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

async function visit(tenantId: string, path = '/'): Promise<Record<string, unknown>> {
  const { body } = await get(runtime.port, `${tenantId}.localhost`, path);
  return JSON.parse(body) as Record<string, unknown>;
}

async function selectOne({ ClusterArn, AdminSecretArn }: Record<string, string>) {
  return await new RDSDataClient(clientOptions(runtime.endpointUrl)).send(
    new ExecuteStatementCommand({
      resourceArn: ClusterArn,
      secretArn: AdminSecretArn,
      database: 'tenantry',
      sql: 'select 1',
    }),
  );
}

/** The reasons of the resources that failed, the first one first. */
async function failuresOf({ StackId }: Stack) {
  const { StackEvents = [] } = await stacks.client.send(
    new DescribeStackEventsCommand({ StackName: StackId }),
  );
  return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
    .toReversed()
    .map(({ LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason }) => ({
      LogicalResourceId,
      ResourceType,
      ResourceStatus,
      ResourceStatusReason,
    }));
}

function folderOf({ StackId = '' }: Stack): string {
  return join(dir, 'data', 'stacks', StackId.split('/').at(-1) ?? '');
}

function stackFolders(): string[] {
  const folder = join(dir, 'data', 'stacks');
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'stack.json')));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a stack has a server, a function, items and a host of its own, made while the caller does not wait', async () => {
  const { StackId } = await stacks.client.send(
    new CreateStackCommand(
      stackInput('acme', {
        Tags: [{ Key: 'tenantry:tenant', Value: 'a&b <c>' }],
        RoleARN: 'arn:aws:iam::000000000000:role/maker',
      }),
    ),
  );
  expect((await stacks.describe('tenantry-local-t-acme')).StackStatus).toBe('CREATE_IN_PROGRESS');
  const stack = await stacks.settle('tenantry-local-t-acme');
  expect(stack).toMatchObject({
    StackId,
    StackStatus: 'CREATE_COMPLETE',
    EnableTerminationProtection: false,
    RoleARN: 'arn:aws:iam::000000000000:role/maker',
    Tags: [{ Key: 'tenantry:tenant', Value: 'a&b <c>' }],
    CreationTime: expect.any(Date) as Date,
  });
  expect(stack.Parameters).toContainEqual({ ParameterKey: 'Greeting', ParameterValue: 'hello' });
  const outputs = outputsOf(stack);
  expect(outputs).toMatchObject({
    ClusterArn: `arn:aws:rds:${region}:000000000000:cluster:tenantry-local-t-acme`,
    FunctionName: 'tenantry-local-t-acme-api',
    ApiEndpoint: 'https://acme.localhost',
  });
  const answer = await visit('acme');
  expect(answer).toMatchObject({ version: 'one', tenant: 'acme', host: 'acme.localhost' });
  expect(answer['port']).not.toBe(runtime.postgres.port);
  expect((await selectOne(outputs)).records).toEqual([[{ longValue: 1 }]]);
  expect(JSON.parse((await get(runtime.port, 'other.localhost')).body)).toMatchObject({
    user: 'site',
  });
});

test("a stack's items are reached by its own functions only", async () => {
  const table = { TableName: 'tenantry-local-t-acme-cache' };
  const own = new DynamoDBClient(clientOptions(runtime.endpointUrl, 'tenantry-local-t-acme-api'));
  await own.send(new PutItemCommand({ ...table, Item: { key: { S: 'k' }, value: { S: 'v' } } }));
  const read = new GetItemCommand({ ...table, Key: { key: { S: 'k' } } });
  expect((await own.send(read)).Item).toEqual({ key: { S: 'k' }, value: { S: 'v' } });
  await stacks.create('curious');
  const other = new DynamoDBClient(
    clientOptions(runtime.endpointUrl, 'tenantry-local-t-curious-api'),
  );
  await expect(other.send(read)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('the same request twice is one stack, another one with its name is refused, and a deletion in the middle wins', async () => {
  const input = stackInput('brief', { ClientRequestToken: 'one-request' });
  const [first, second] = await Promise.all([
    stacks.client.send(new CreateStackCommand(input)),
    stacks.client.send(new CreateStackCommand(input)),
  ]);
  expect(first.StackId).toBe(second.StackId);
  await expect(
    stacks.client.send(new CreateStackCommand({ ...input, ClientRequestToken: 'other' })),
  ).rejects.toMatchObject({
    name: 'AlreadyExistsException',
    message: 'Stack [tenantry-local-t-brief] already exists',
  });
  await stacks.client.send(new DeleteStackCommand({ StackName: first.StackId }));
  expect((await stacks.settle(first.StackId)).StackStatus).toBe('DELETE_COMPLETE');
  await expect(runtime.invoke('tenantry-local-t-brief-api', {})).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test.each<[string, Partial<CreateStackCommandInput>, string, string]>([
  [
    'a parameter without a value',
    { Parameters: parametersOf('fresh').slice(0, 1) },
    'ValidationError',
    'Parameters: [Host] must have values',
  ],
  [
    'a parameter that the template has not',
    { Parameters: parametersOf('fresh', { Other: 'x' }) },
    'ValidationError',
    'Parameters: [Other] do not exist in the template',
  ],
  [
    'a value that does not fit',
    { Parameters: parametersOf('fresh', { TenantId: 'A!' }) },
    'ValidationError',
    'Parameter TenantId failed to satisfy constraint: must match pattern ^[a-z0-9]{4,32}$',
  ],
  [
    'a template that nobody published',
    { TemplateURL: `${bucketUrl}/none.json` },
    'ValidationError',
    'S3 error: The specified key does not exist.',
  ],
  [
    'an address outside of S3',
    { TemplateURL: 'https://example.com/bucket/template.json' },
    'ValidationError',
    'TemplateURL must be a supported URL.',
  ],
  [
    'a file that is no template',
    { TemplateURL: `${bucketUrl}/not-a-template.json` },
    'ValidationError',
    'Template format error',
  ],
  [
    'rights that the caller has not agreed to',
    { Capabilities: ['CAPABILITY_IAM'] },
    'InsufficientCapabilitiesException',
    'Requires capabilities : [CAPABILITY_NAMED_IAM]',
  ],
  [
    'an option that is not understood here',
    { OnFailure: 'DELETE' },
    'ValidationError',
    'OnFailure of CreateStack is not understood by the local CloudFormation',
  ],
  ['a name that is none', { StackName: '1_stack' }, 'ValidationError', "Value '1_stack'"],
  [
    "the name of the platform's own stack",
    { StackName: 'tenantry-local' },
    'AlreadyExistsException',
    'Stack [tenantry-local] already exists',
  ],
])('%s is refused, and no stack is made', async (_, more, name, message) => {
  const before = stackFolders();
  await expect(
    stacks.client.send(new CreateStackCommand(stackInput('fresh', more))),
  ).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
  expect(stackFolders()).toEqual(before);
});

test('a creation that fails names the resource, leaves nothing, and can be repeated when it is deleted', async () => {
  const secrets = new SecretsManagerClient(clientOptions(runtime.endpointUrl));
  const Name = 'tenantry/local/cluster/taken/platform_migrator';
  await secrets.send(new CreateSecretCommand({ Name, SecretString: 'of somebody else' }));
  const failed = await stacks.create('taken');
  expect(failed).toMatchObject({
    StackStatus: 'ROLLBACK_COMPLETE',
    StackStatusReason: 'The following resource(s) failed to create: [MigratorSecret].',
  });
  expect(await failuresOf(failed)).toEqual([
    {
      LogicalResourceId: 'MigratorSecret',
      ResourceType: 'AWS::SecretsManager::Secret',
      ResourceStatus: 'CREATE_FAILED',
      ResourceStatusReason: `secret ${Name} already exists`,
    },
  ]);
  expect(await visit('taken')).toMatchObject({ user: 'site' });
  const folder = folderOf(failed);
  expect(readdirSync(folder)).toEqual(['stack.json']);
  await expect(
    secrets.send(new DescribeSecretCommand({ SecretId: 'rds!tenantry-local-t-taken' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await secrets.send(new DescribeSecretCommand({ SecretId: Name }));
  await expect(stacks.create('taken')).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  await stacks.remove(failed);
  const input = { Parameters: parametersOf('retaken'), TemplateURL: `${bucketUrl}/template.json` };
  expect((await stacks.create('taken', input)).StackStatus).toBe('CREATE_COMPLETE');
});

test.each([
  [
    'the host of another stack',
    'template',
    { Host: 'acme.localhost' },
    'Domain',
    'acme.localhost already exists',
  ],
  [
    'an unknown resource',
    'queue-template',
    {},
    'Queue',
    'AWS::SQS::Queue (Queue) is not known here',
  ],
  ['code that is not published', 'broken-template', {}, 'Function', 'is not in the assembly'],
  ['a custom resource', 'custom-template', {}, 'Thing', 'custom resources run in the stack'],
])('%s makes the creation fail', async (_, template, parameters, LogicalResourceId, reason) => {
  const failed = await stacks.create('doomed', {
    TemplateURL: `${bucketUrl}/${template}.json`,
    Parameters: parametersOf('doomed', parameters),
  });
  expect(failed.StackStatus).toBe('ROLLBACK_COMPLETE');
  expect(await failuresOf(failed)).toEqual([
    expect.objectContaining({
      LogicalResourceId,
      ResourceStatusReason: expect.stringContaining(reason) as string,
    }),
  ]);
  await stacks.remove(failed);
});

test('a server that does not start makes the creation fail', async () => {
  vi.stubEnv('TENANTRY_POSTGRES_PACKAGE', '/nowhere');
  const failed = await stacks.create('serverless');
  vi.unstubAllEnvs();
  expect(failed.StackStatus).toBe('ROLLBACK_COMPLETE');
  expect(await failuresOf(failed)).toEqual([
    expect.objectContaining({
      LogicalResourceId: 'Cluster',
      ResourceType: 'AWS::RDS::DBCluster',
      ResourceStatusReason: expect.stringContaining('no PostgreSQL binaries') as string,
    }),
  ]);
  expect(readdirSync(folderOf(failed))).toEqual(['stack.json']);
});

test('an update brings new code without losing a request, is not made where nothing changed, and goes back when it fails', async () => {
  await stacks.create('moving');
  expect(await visit('moving')).toMatchObject({ version: 'one', visits: 1 });
  await expect(stacks.update('moving')).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'No updates are to be performed.',
  });
  const answers = Array.from({ length: 8 }, () => visit('moving', '/slow'));
  const TemplateURL = `${bucketUrl}/next-template.json`;
  const updated = await stacks.update('moving', { TemplateURL });
  expect(updated).toMatchObject({
    StackStatus: 'UPDATE_COMPLETE',
    LastUpdatedTime: expect.any(Date) as Date,
  });
  for (const { tenant, version } of await Promise.all(answers))
    expect({ tenant, version }).toEqual({
      tenant: 'moving',
      version: expect.stringMatching(/one|two/) as string,
    });
  expect(await visit('moving')).toMatchObject({ version: 'two', visits: 10 });
  const greeted = await stacks.update('moving', {
    TemplateURL: undefined,
    UsePreviousTemplate: true,
    Parameters: [
      { ParameterKey: 'TenantId', UsePreviousValue: true },
      { ParameterKey: 'Host', UsePreviousValue: true },
      { ParameterKey: 'Greeting', ParameterValue: 'good day' },
    ],
  });
  expect(greeted.StackStatus).toBe('UPDATE_COMPLETE');
  expect(await visit('moving')).toMatchObject({ version: 'two', greeting: 'good day' });
  const failed = await stacks.update('moving', {
    TemplateURL: `${bucketUrl}/broken-template.json`,
  });
  expect(failed).toMatchObject({
    StackStatus: 'UPDATE_ROLLBACK_COMPLETE',
    StackStatusReason: 'The following resource(s) failed to update: [Function].',
  });
  expect(await failuresOf(failed)).toEqual([
    expect.objectContaining({ LogicalResourceId: 'Function', ResourceStatus: 'UPDATE_FAILED' }),
  ]);
  expect(await visit('moving')).toMatchObject({ version: 'two', greeting: 'good day' });
  const back = await stacks.update('moving');
  expect(back.StackStatus).toBe('UPDATE_COMPLETE');
  expect(await visit('moving')).toMatchObject({ version: 'one', greeting: 'hello' });
});

test('a deletion takes all of a stack away, its server and data too', async () => {
  const stack = await stacks.create('leaving', { EnableTerminationProtection: true });
  expect(await visit('leaving')).toMatchObject({ tenant: 'leaving' });
  const outputs = outputsOf(stack);
  const StackName = 'tenantry-local-t-leaving';
  const folder = folderOf(stack);
  const server = join(folder, 'Cluster');
  const clusterDir = resolve(server, findClusterRecord(server)?.clusterDir ?? '');
  const pid = findServer(clusterDir)?.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  await expect(stacks.remove(stack)).rejects.toMatchObject({
    name: 'ValidationError',
    message: `Stack [${StackName}] cannot be deleted while TerminationProtection is enabled`,
  });
  await stacks.client.send(
    new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
  );
  expect(await stacks.remove(stack)).toMatchObject({
    StackStatus: 'DELETE_COMPLETE',
    DeletionTime: expect.any(Date) as Date,
  });
  await expect(stacks.describe(StackName)).rejects.toMatchObject({
    name: 'ValidationError',
    message: `Stack with id ${StackName} does not exist`,
  });
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(clusterDir)).toBe(false);
  expect(readdirSync(folder)).toEqual(['stack.json']);
  await expect(selectOne(outputs)).rejects.toMatchObject({ name: 'DatabaseNotFoundException' });
  await expect(runtime.invoke('tenantry-local-t-leaving-api', {})).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect(await visit('leaving')).toMatchObject({ user: 'site' });
  await stacks.client.send(new DeleteStackCommand({ StackName }));
});

test('a cluster that is protected itself makes a deletion fail', async () => {
  const stack = await stacks.create('walled', {
    TemplateURL: `${bucketUrl}/protected-template.json`,
  });
  const failed = await stacks.remove(stack);
  expect(failed).toMatchObject({
    StackStatus: 'DELETE_FAILED',
    StackStatusReason: 'The following resource(s) failed to delete: [Cluster].',
  });
  expect(await visit('walled')).toMatchObject({ tenant: 'walled' });
});

test('a function without the right to is denied', async () => {
  const options = clientOptions(runtime.endpointUrl, 'tenantry-local-t-acme-api');
  const client = new CloudFormationClient(options);
  await expect(
    client.send(new DeleteStackCommand({ StackName: stackInput('acme').StackName })),
  ).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining(
      'assumed-role/tenantry-local-t-acme-api/tenantry-local-t-acme-api is not authorized to perform: cloudformation:DeleteStack',
    ) as string,
  });
});

test('what is unknown is refused', async () => {
  const StackName = 'nobody';
  await expect(stacks.client.send(new DescribeStackEventsCommand({ StackName }))).rejects.toThrow(
    'Stack [nobody] does not exist',
  );
  await expect(
    stacks.client.send(new UpdateStackCommand({ ...stackInput('none'), StackName })),
  ).rejects.toThrow('Stack [nobody] does not exist');
  await stacks.client.send(new DeleteStackCommand({ StackName }));
});

test('what a kill interrupted goes on at the next start: a creation, an update, a deletion', async () => {
  const input = stackInput('cutoff');
  await interrupt(({ client }) => client.send(new CreateStackCommand(input)));
  const created = await stacks.settle(input.StackName);
  expect(created.StackStatus).toBe('CREATE_COMPLETE');
  expect(await visit('cutoff')).toMatchObject({ version: 'one' });
  const next = { ...input, TemplateURL: `${bucketUrl}/next-template.json` };
  await interrupt(({ client }) => client.send(new UpdateStackCommand(next)));
  expect((await stacks.settle(input.StackName)).StackStatus).toBe('UPDATE_COMPLETE');
  expect(await visit('cutoff')).toMatchObject({ version: 'two', visits: 2 });
  const server = join(folderOf(created), 'Cluster');
  const clusterDir = resolve(server, findClusterRecord(server)?.clusterDir ?? '');
  await interrupt(({ client }) => client.send(new DeleteStackCommand(input)));
  expect((await stacks.settle(created.StackId)).StackStatus).toBe('DELETE_COMPLETE');
  expect(findServer(clusterDir)).toBeUndefined();
  expect(existsSync(clusterDir)).toBe(false);
  expect(readdirSync(folderOf(created))).toEqual(['stack.json']);
}, 120_000);

test('a restart brings stacks back with their data and the code of their own build, one line each, and one that is damaged holds nobody up', async () => {
  const { visits } = await visit('acme');
  const damaged = await stacks.create('damaged');
  await runtime.close();
  const record = join(folderOf(damaged), 'Cluster', 'postgres.json');
  const before = readFileSync(record, 'utf8');
  writeFileSync(record, 'damaged');
  const { 'tenant-one': _, ...published } = assets;
  rmSync(join(dir, 'cdk.out'), { recursive: true });
  writeTestAssembly(join(dir, 'cdk.out'), { assets: published });
  const lines: string[] = [];
  await start((line) => lines.push(line));
  expect(lines.filter((line) => line.startsWith('stack tenantry-local-t-acme'))).toEqual([
    expect.stringMatching(/PostgreSQL on 127\.0\.0\.1:\d+$/),
  ]);
  expect(await visit('acme')).toMatchObject({
    version: 'one',
    tenant: 'acme',
    visits: Number(visits) + 1,
  });
  expect((await stacks.describe('tenantry-local-t-acme')).StackStatus).toBe('CREATE_COMPLETE');
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^stack tenantry-local-t-damaged could not be brought back: .* is damaged/,
    ),
  );
  expect(await visit('damaged')).toMatchObject({ user: 'site' });
  writeFileSync(record, before);
});
