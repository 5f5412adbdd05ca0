import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { findRuntime, type StartLocalOptions } from '@tenantry/local';
import type {
  AuditActions,
  ControlAction,
  ControlActions,
  ControlAnswer,
  StepEvent,
  TenantRoute,
  TenantView,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../support/cli-process.ts';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import { signIn } from '../support/sign-in.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;
let acme: TenantView;
let globex: TenantView;

beforeAll(async () => {
  project = await openDeployedProject();
  assemblyDir = await project.synthesize();
  await start();
  acme = await system.createTenant('acme', { isolation: 'dedicated', fields: { sample: true } });
  globex = await system.createTenant('globex', { fields: { sample: true } });
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

let assemblyDir: string;

async function start(): Promise<void> {
  system = await startSystem({ assemblyDir, dataDir: project.dataDir, interceptInvocation });
}

async function restart(): Promise<void> {
  await system.close();
  await start();
}

/** Called before each step of a workflow; with `'fail'` the step fails after its effect. */
let beforeStep:
  | ((event: StepEvent<{ readonly tenantId?: string }>) => Promise<'fail' | undefined>)
  | undefined;

const interceptInvocation: StartLocalOptions['interceptInvocation'] = async (payload, next) => {
  const event = payload as StepEvent<{ readonly tenantId?: string }>;
  const order = event.step === undefined ? undefined : await beforeStep?.(event);
  const answer = await next();
  if (order !== 'fail') return answer;
  const failure = { errorType: 'PrivilegesNotEffectiveError', errorMessage: 'it broke', trace: [] };
  return { payload: failure, functionError: 'Unhandled' };
};

/** What a function of the application sees of itself and of a request. */
interface Mirror {
  readonly name: string;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly domainName: string;
  readonly host: string;
  readonly sourceIp: string;
}

/** Puts a path into the project's application that answers what the function sees. */
async function addMirror(): Promise<void> {
  const file = join(project.root, 'functions/api/index.ts');
  const text = await readFile(file, 'utf8');
  const mirrored = `${text.replace('export const handler = ', 'const api = ')}
export const handler: typeof api = async (event, context) =>
  event.rawPath === '/mirror'
    ? {
        statusCode: 200,
        body: JSON.stringify({
          name: context.functionName,
          pid: process.pid,
          environment: Object.fromEntries(Object.entries(process.env).filter(([key]) => key.startsWith('TENANTRY_'))),
          domainName: event.requestContext.domainName,
          host: event.headers['host'],
          sourceIp: event.requestContext.http.sourceIp,
        }),
      }
    : await api(event, context);
`;
  await writeFile(file, mirrored);
}

async function mirror(slug: string): Promise<Mirror> {
  return (await system.request({ host: `${slug}.localhost`, path: '/mirror' })).json<never>();
}

async function ask<Action extends ControlAction>(
  action: Action,
  input: ControlActions[Action]['input'],
): Promise<ControlActions[Action]['result']> {
  const answer: ControlAnswer<Action> = await system.control(action, input);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.result;
}

async function routeOf(reference: string): Promise<TenantRoute> {
  return (await ask('show-route', { reference })).route;
}

function clientOptions() {
  const { description, endpointUrl: endpoint } = system.runtime;
  return { endpoint, region: description.region, credentials: description.credentials };
}

/** A statement over the Data API with a secret, as any function with rights on both could send it. */
async function execute(statement: {
  readonly secretArn: string | null;
  readonly clusterArn: string;
  readonly sql: string;
}): Promise<unknown> {
  const client = new RDSDataClient({ ...clientOptions(), maxAttempts: 1 });
  try {
    const command = new ExecuteStatementCommand({
      resourceArn: statement.clusterArn,
      secretArn: statement.secretArn ?? '',
      database: 'tenantry',
      sql: statement.sql,
    });
    return (await client.send(command)).records;
  } finally {
    client.destroy();
  }
}

async function listStacks(client = new CloudFormationClient(clientOptions())): Promise<string[]> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
  return Stacks.flatMap(({ StackName: name = '' }) => (name.includes('-t-') ? [name] : []));
}

async function listSecretNames(part: string): Promise<string[]> {
  const client = new SecretsManagerClient(clientOptions());
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }));
  client.destroy();
  return SecretList.flatMap(({ Name: name = '' }) => (name.includes(part) ? [name] : []));
}

/** Roles of a tenant in the home cluster. */
async function countRoles(id: string): Promise<bigint | undefined> {
  const { rows } = await sql<{
    count: bigint;
  }>`select count(*) as count from pg_roles where rolname like ${`__${id}`}`.execute(system.admin);
  return rows[0]?.count;
}

/** The functions' answer to a request at a host, whatever the gateway would have made of it. */
async function invokeAt(functionName: string, host: string): Promise<number | undefined> {
  const http = {
    method: 'GET',
    path: '/polls',
    protocol: 'HTTP/1.1',
    sourceIp: '::1',
    userAgent: '',
  };
  const answer = await system.runtime.invoke(functionName, {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/polls',
    rawQueryString: '',
    headers: { host },
    requestContext: { domainName: host, http, requestId: '1' },
    isBase64Encoded: false,
  });
  return (answer.payload as { readonly statusCode?: number }).statusCode;
}

test('a dedicated tenant is a stack, with a cluster that is for it alone', async () => {
  const stack = `tenantry-${system.runtime.description.stage}-t-${acme.id}`;
  expect(acme).toMatchObject({ status: 'active', isolation: 'dedicated', cluster: acme.id, stack });
  expect(await listStacks()).toEqual([stack]);
  const { clusters } = await ask('list-clusters', {});
  expect(clusters).toMatchObject([
    { id: 'main', tenants: 1, stack: null },
    { id: acme.id, tenants: 1, capacity: 1, stack },
  ]);
});

test('the same creation again, and twice at once, makes nothing more', async () => {
  const request = { slug: 'acme', isolation: 'dedicated', actor: 'test' };
  const answers = await Promise.all([
    system.control('create-tenant', request),
    system.control('create-tenant', request),
  ]);
  expect(answers).toMatchObject([
    { ok: false, error: { code: 'TENANT_EXISTS' } },
    { ok: false, error: { code: 'TENANT_EXISTS' } },
  ]);
  const execution = { step: 'launch', execution: 'twice', state: await launchState() };
  const launcher = `tenantry-${system.runtime.description.stage}-lifecycle-launcher`;
  await Promise.all([1, 2].map(() => system.runtime.invoke(launcher, execution)));
  expect(await listStacks()).toHaveLength(1);
});

async function launchState() {
  const { secretArn } = await routeOf('acme');
  return {
    request: { slug: 'acme', isolation: 'dedicated', domain: acme.domains[0] },
    tenantId: acme.id,
    secretArn,
  };
}

test('the sample application works there with the same handlers: accounts, polls, what all share, cache', async () => {
  const host = 'acme.localhost';
  const headers = await signIn(system, 'acme');
  const body = { question: 'Own or shared?', choices: ['Own', 'Shared'], category: 'team' };
  const made = await system.request({ host, path: '/polls', method: 'POST', headers, body });
  expect(made.status).toBe(201);
  const { id } = made.json<{ id: string }>();
  expect((await system.request({ host, path: `/polls/${id}` })).text).toContain('Own or shared?');
  const categories = await system.request({ host, path: '/categories' });
  expect(categories.json<{ categories: unknown[] }>().categories).toHaveLength(4);
  const visit = { path: '/visits', method: 'POST' };
  await system.request({ host, ...visit });
  expect((await system.request({ host, ...visit })).json()).toEqual({ visits: 2 });
  expect((await system.request({ host: 'globex.localhost', ...visit })).json()).toEqual({
    visits: 1,
  });
});

test('its data is on its own server, where nobody else has a login, and its login opens nothing of others', async () => {
  const [own, other] = [await routeOf('acme'), await routeOf('globex')];
  expect(own.clusterArn).not.toBe(other.clusterArn);
  const polls = 'select question from poll';
  expect(JSON.stringify(await execute({ ...own, sql: polls }))).toContain('Own or shared?');
  const refused = /not permitted|authentication|does not exist|denied/;
  await expect(execute({ ...own, secretArn: other.secretArn, sql: polls })).rejects.toThrow(
    refused,
  );
  for (const text of [
    polls,
    `select question from t_${globex.id}.poll`,
    'select id from catalog.tenants',
  ])
    await expect(execute({ ...other, secretArn: own.secretArn, sql: text })).rejects.toThrow(
      refused,
    );
  const { rows } = await sql<{ name: string }>`
    select nspname::text as name from pg_namespace where nspname = ${`t_${acme.id}`}`.execute(
    system.admin,
  );
  expect(rows).toEqual([]);
});

test("the shared application does not serve it, and its own serves nobody else's host", async () => {
  const { stage } = system.runtime.description;
  const [shared, own] = [`tenantry-${stage}-api`, `tenantry-${stage}-t-${acme.id}-api`];
  expect(await invokeAt(shared, 'globex.localhost')).toBe(200);
  expect(await invokeAt(shared, 'acme.localhost')).toBe(404);
  expect(await invokeAt(own, 'acme.localhost')).toBe(200);
  expect(await invokeAt(own, 'globex.localhost')).toBe(404);
});

test('an operator runs a script and a program inside of it, and sees its stack', async () => {
  const text = `import { script } from '@tenantry/database';
export default script<any, any>(async ({ db, shared, tenant, log }) => {
  const polls = await db.selectFrom('poll').select('question').execute();
  const categories = await shared.selectFrom('category').select('id').execute();
  log(\`\${tenant.slug}: \${polls.some(({ question }) => question === 'Own or shared?')} \${categories.length}\`);
});
`;
  await writeFile(join(project.root, 'look.ts'), text);
  const at = ['--data', project.dataDir];
  const ran = await runCommand(['run', './look.ts', 'acme', ...at, '--yes'], project.root);
  expect([ran.status, `${ran.stdout}${ran.stderr}`]).toEqual([
    0,
    expect.stringContaining('acme: true 4'),
  ]);
  const program = `import pg from 'pg';
const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();
const { rows } = await client.query('select current_user as who, count(*) as polls from poll');
console.log(\`\${rows[0].who} \${rows[0].polls > 0}\`);
await client.end();
`;
  await writeFile(join(project.root, 'look.mjs'), program);
  const inside = await runCommand(
    ['run', 'acme', ...at, '--', process.execPath, 'look.mjs'],
    project.root,
  );
  expect([inside.status, `${inside.stdout}${inside.stderr}`]).toEqual([
    0,
    expect.stringContaining(`t_${acme.id} true`),
  ]);
  const shown = await runCommand(['tenant', 'show', 'acme', ...at], project.root);
  expect(shown.stdout).toMatch(new RegExp(`stack +${acme.stack}`));
});

test('many at once cannot be launched, and the line says how one is', async () => {
  const tenants = [{ slug: 'listed', isolation: 'dedicated', line: 2 }];
  expect(await ask('create-tenants', { tenants, actor: 'test' })).toMatchObject({
    status: 'refused',
    problems: [{ line: 2, reason: expect.stringContaining('tenant create listed') }],
  });
});

test('an audit takes it for what it is', async () => {
  const { stage } = system.runtime.description;
  const answer = await system.runtime.invoke(`tenantry-${stage}-audit`, {
    action: 'run-audit',
    input: { actor: 'test' },
  });
  const { result } = answer.payload as {
    readonly result: AuditActions['run-audit']['result'];
  };
  expect(result.audit.findings).toEqual([]);
  expect(result.audit.databases).toBe(2);
});

test('suspended, it has no login on its own cluster and none at home; resumed, it is served by its own application', async () => {
  const change = async (action: 'suspend-tenant' | 'resume-tenant') => {
    const input = { reference: 'acme', reason: 'unpaid', actor: 'test' };
    const { executionArn } = await ask(action, input);
    const { status, cause } = await system.waitFor(executionArn ?? '');
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
  };
  const polls = async () => await system.request({ host: 'acme.localhost', path: '/polls' });
  const before = (await polls()).text;
  const route = await routeOf('acme');
  await change('suspend-tenant');
  await expect(execute({ ...route, sql: 'select 1' })).rejects.toThrow('28000');
  const atHome = await sql<{ may: boolean }>`
    select rolcanlogin as may from pg_roles where rolname = ${`t_${acme.id}`}`.execute(
    system.admin,
  );
  expect(atHome.rows).toEqual([{ may: false }]);
  // The first request may still go there and be refused.
  await polls();
  expect((await polls()).status).toBe(404);
  await change('resume-tenant');
  const answer = await polls();
  expect([answer.status, answer.text]).toEqual([200, before]);
});

test('a deployment brings its tables to the new migration and its application to the new build, also while it is suspended', async () => {
  await project.writeMigration('polls/0092_own.sql', 'alter table poll add column own text;');
  await addMirror();
  const route = await routeOf('acme');
  await setStatus('suspended');
  assemblyDir = await project.synthesize();
  await restart();
  expect((await mirror('acme')).name).toContain(acme.id);
  const { tenants } = await ask('migrate-status', {});
  expect(tenants.filter(({ isCurrent }) => !isCurrent)).toEqual([]);
  expect(await execute({ ...route, sql: 'select own from poll' })).not.toEqual([]);
  expect((await system.request({ host: 'acme.localhost', path: '/polls' })).status).toBe(404);
  const { stage } = system.runtime.description;
  const since = new Date().toISOString();
  const again = await system.runtime.invoke(`tenantry-${stage}-applications-complete`, {
    Data: { since },
  });
  expect(again.payload).toEqual({ IsComplete: true });
});

test('a deployment that cannot bring an application to its build fails with tenant and reason, and the tenant is served as before', async () => {
  await setStatus('active');
  const file = join(project.root, 'infra/tenant-application.ts');
  const text = await readFile(file, 'utf8');
  const { stage } = system.runtime.description;
  const taken = { TableName: `tenantry-${stage}-cache`, BillingMode: 'PAY_PER_REQUEST' };
  const extra = `new CfnResource(this, 'extra', { type: 'AWS::DynamoDB::Table', properties: ${JSON.stringify(taken)} });`;
  const changed = text
    .replace('  CfnParameter,', '  CfnParameter,\n  CfnResource,')
    .replace('    const database = ', `    ${extra}\n    const database = `);
  await writeFile(file, changed);
  const conflicting = await project.synthesize({});
  await writeFile(file, text);
  await system.close();
  const failed = startSystem({ assemblyDir: conflicting, dataDir: project.dataDir });
  await expect(failed).rejects.toThrow(
    `acme: UPDATE_ROLLBACK_COMPLETE: extra (AWS::DynamoDB::Table): ${taken.TableName} already exists`,
  );
  await start();
  const answer = await system.request({ host: 'acme.localhost', path: '/polls' });
  expect(answer.text).toContain('Own or shared?');
});

async function setStatus(status: string): Promise<void> {
  await sql`update catalog.tenants set status = ${status} where id = ${acme.id}`.execute(
    system.admin,
  );
}

test('its application is a function of its own, which knows its own secret and no other one', async () => {
  const [own, shared] = [await mirror('acme'), await mirror('globex')];
  const { stage } = system.runtime.description;
  expect(own.name).toBe(`tenantry-${stage}-t-${acme.id}-api`);
  expect(shared.name).toBe(`tenantry-${stage}-api`);
  expect(own.pid).not.toBe(shared.pid);
  const { environment } = own;
  const { secretArn, clusterArn } = await routeOf('acme');
  expect(environment).toMatchObject({
    TENANTRY_TENANT_ID: acme.id,
    TENANTRY_TENANT_SECRET_ARN: secretArn,
    TENANTRY_CLUSTER_ARN: clusterArn,
  });
  expect(secretArn).toContain(`tenantry/${stage}/dedicated/${acme.id}`);
  expect(Object.keys(environment).filter((name) => name.includes('SECRET'))).toEqual([
    'TENANTRY_TENANT_SECRET_ARN',
  ]);
  expect(JSON.stringify(shared.environment)).not.toContain(acme.id);
});

test('its host and the address of the client reach its application', async () => {
  expect(await mirror('acme')).toMatchObject({
    domainName: 'acme.localhost',
    host: 'acme.localhost',
    sourceIp: '127.0.0.1',
  });
});

/** The same system in a process of its own, which may be killed. */
async function startElsewhere() {
  const file = join(project.root, 'serve.ts');
  const options = { assemblyDir, dataDir: project.dataDir, port: 0, durable: false };
  const text = `import { startLocal } from '@tenantry/local';
await startLocal(${JSON.stringify(options)});
console.log('ready');
`;
  await writeFile(file, text);
  const child = spawn(process.execPath, [file], {
    cwd: project.root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(() => {
    throw new Error('the system did not start');
  });
  await Promise.race([once(child.stdout, 'data'), ended]);
  const runtime = findRuntime({ dataDir: project.dataDir, cwd: project.root, env: {} });
  if (runtime === undefined) throw new Error('the system does not run');
  return { child, runtime };
}

test('a launch in the middle of which everything is killed goes on at the next start, with one stack', async () => {
  await system.close();
  const { child, runtime } = await startElsewhere();
  const { endpointUrl: endpoint, region, credentials, controlFunction } = runtime;
  const [lambda, stacks] = [
    new LambdaClient({ endpoint, region, credentials }),
    new CloudFormationClient({ endpoint, region, credentials }),
  ];
  const input = { slug: 'initech', isolation: 'dedicated', actor: 'test' };
  const Payload = JSON.stringify({ action: 'create-tenant', input });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: controlFunction, Payload }));
  const { result } = JSON.parse(answer.Payload?.transformToString() ?? '') as {
    readonly result: ControlActions['create-tenant']['result'];
  };
  const countStacks = async () => (await listStacks(stacks)).length;
  await expect.poll(countStacks, { timeout: 30_000 }).toBe(2);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const client of [lambda, stacks]) client.destroy();
  await start();
  expect(await system.waitFor(result.executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  const { tenant } = await ask('show-tenant', { reference: 'initech' });
  expect(new Set(await listStacks())).toEqual(new Set([acme.stack, tenant.stack]));
  const { clusters } = await ask('list-clusters', {});
  expect(clusters).toHaveLength(3);
  expect((await system.request({ host: 'initech.localhost', path: '/polls' })).status).toBe(200);
});

test('a launch that fails names the reason of CloudFormation and leaves nothing', async () => {
  let doomed = '';
  const taken = () =>
    `tenantry/${system.runtime.description.stage}/cluster/${doomed}/platform_auditor`;
  const secrets = new SecretsManagerClient(clientOptions());
  beforeStep = async ({ step, state: { tenantId = '' } }) => {
    if (step !== 'launch' || doomed !== '') return undefined;
    doomed = tenantId;
    await secrets.send(new CreateSecretCommand({ Name: taken(), SecretString: '{}' }));
    return undefined;
  };
  const failed = await runCommand(createHooli(), project.root);
  beforeStep = undefined;
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain('APPLICATION_FAILED');
  expect(failed.stderr).toMatch(/step await-launch.*\n(.*\n)*.*AWS::SecretsManager::Secret/);
  expect((await listStacks()).filter((name) => name.endsWith(doomed))).toEqual([]);
  expect(await listSecretNames(`dedicated/${doomed}`)).toEqual([]);
  expect((await system.request({ host: 'hooli.localhost', path: '/polls' })).status).toBe(404);
  await secrets.send(
    new DeleteSecretCommand({ SecretId: taken(), ForceDeleteWithoutRecovery: true }),
  );
  secrets.destroy();
});

function createHooli(): string[] {
  const create = ['tenant', 'create', 'hooli', '--name', 'Hooli', '--isolation', 'dedicated'];
  return [...create, '--data', project.dataDir, '--yes'];
}

test('a step that fails after the launch takes all of it back, and the same creation then succeeds', async () => {
  const before = await listStacks();
  beforeStep = async ({ step }) => await Promise.resolve(step === 'activate' ? 'fail' : undefined);
  const failed = await runCommand(createHooli(), project.root);
  beforeStep = undefined;
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('step activate')]);
  expect(await listStacks()).toEqual(before);
  const { tenant } = await ask('show-tenant', { reference: 'hooli' });
  expect(tenant).toMatchObject({ status: 'failed', cluster: 'main', stack: null });
  expect(await listSecretNames(tenant.id)).toEqual([]);
  expect(await countRoles(tenant.id)).toBe(0n);
  const again = await runCommand(createHooli(), project.root);
  expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('9/9')]);
  expect(again.stdout).toContain('a cluster of its own in stack');
});

test('a deleted one leaves neither server, function, secret, login nor host', async () => {
  for (const reference of ['acme', 'initech', 'hooli']) {
    const { tenant } = await ask('show-tenant', { reference });
    const { status } = await system.execute('delete-tenant', { reference, actor: 'test' });
    expect([reference, status]).toEqual([reference, 'SUCCEEDED']);
    expect(await listSecretNames(tenant.id)).toEqual([]);
    expect(await countRoles(tenant.id)).toBe(0n);
    expect((await system.request({ host: `${reference}.localhost`, path: '/polls' })).status).toBe(
      404,
    );
  }
  expect(await listStacks()).toEqual([]);
  const { clusters } = await ask('list-clusters', {});
  expect(clusters.map(({ id }) => id)).toEqual(['main']);
  const { stage } = system.runtime.description;
  await expect(system.runtime.invoke(`tenantry-${stage}-t-${acme.id}-api`, {})).rejects.toThrow(
    /not found|does not exist/i,
  );
});
