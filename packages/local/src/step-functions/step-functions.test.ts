import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import { afterEach, expect, test, vi } from 'vitest';
import { functionArn, machineArn, startTestEndpoint } from '../aws/test-endpoint.ts';
import type { TestEndpoint, TestEndpointOptions } from '../aws/test-endpoint.ts';
import { openStepFunctions } from './step-functions.ts';

/** Adds its name to `done`; fails as often as `state.fail` says; counts its calls in a file. */
const step = `
import { appendFileSync, readFileSync } from 'node:fs';
export const handler = async (event) => {
  const { step, state } = event;
  if (event.file) appendFileSync(event.file, 'x');
  if (event.file && readFileSync(event.file, 'utf8').length <= (event.failures ?? 0)) {
    throw Object.assign(new Error('try again'), { name: event.errorName ?? 'DatabaseUnavailableError' });
  }
  if (state?.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (state?.fail === step) throw Object.assign(new Error('cannot ' + step), { name: 'TenantBusyError' });
  return { ...state, done: [...(state?.done ?? []), step] };
};`;

const echo = 'export const handler = async (event) => event;';

let endpoint: TestEndpoint | undefined;
let client: SFNClient | undefined;

afterEach(async () => {
  client?.destroy();
  await endpoint?.close();
  client = undefined;
  endpoint = undefined;
});

async function start(
  machines: Readonly<Record<string, object>>,
  options: TestEndpointOptions = {},
): Promise<TestEndpoint> {
  endpoint = await startTestEndpoint({ functions: { step, echo }, machines, ...options });
  client = new SFNClient(endpoint.clientOptions);
  return endpoint;
}

function sfn(): SFNClient {
  if (client === undefined) throw new TypeError('start the endpoint first');
  return client;
}

async function startExecution(
  machine: string,
  input: unknown = {},
  name?: string,
): Promise<string> {
  const { executionArn } = await sfn().send(
    new StartExecutionCommand({
      stateMachineArn: machineArn(machine),
      input: JSON.stringify(input),
      name,
    }),
  );
  return executionArn ?? '';
}

async function waitForEnd(executionArn: string): Promise<DescribeExecutionOutput> {
  return vi.waitFor(
    async () => {
      const execution = await sfn().send(new DescribeExecutionCommand({ executionArn }));
      expect(execution.status).not.toBe('RUNNING');
      return execution;
    },
    { timeout: 15_000, interval: 10 },
  );
}

async function run(
  machine: string,
  input: unknown = {},
): Promise<DescribeExecutionOutput & { result: unknown }> {
  const execution = await waitForEnd(await startExecution(machine, input));
  return {
    ...execution,
    result: execution.output === undefined ? undefined : JSON.parse(execution.output),
  };
}

async function getEvents(executionArn = ''): Promise<HistoryEvent[]> {
  const { events } = await sfn().send(new GetExecutionHistoryCommand({ executionArn }));
  return events ?? [];
}

const task = (name: string, more: object = { End: true }): object => ({
  Type: 'Task',
  Resource: functionArn('step'),
  Parameters: { step: name, 'execution.$': '$$.Execution.Name', 'state.$': '$' },
  TimeoutSeconds: 20,
  ...more,
});

const machineOf = (states: Readonly<Record<string, object>>): object => ({
  StartAt: Object.keys(states)[0],
  States: states,
});

test('tasks run one after the other, each on the state that the one before left', async () => {
  await start({ m: machineOf({ One: task('one', { Next: 'Two' }), Two: task('two') }) });
  const { status, result, startDate, stopDate, input } = await run('m', { slug: 'acme' });
  expect(status).toBe('SUCCEEDED');
  expect(result).toEqual({ slug: 'acme', done: ['one', 'two'] });
  expect(input).toBe('{"slug":"acme"}');
  expect(startDate).toBeInstanceOf(Date);
  expect(stopDate?.getTime()).toBeGreaterThanOrEqual(startDate?.getTime() ?? Infinity);
});

test('the history tells what happened in the words of AWS', async () => {
  await start({ m: machineOf({ One: task('one', { Next: 'Done' }), Done: { Type: 'Succeed' } }) });
  const { executionArn } = await run('m', { slug: 'acme' });
  const events = await getEvents(executionArn);
  expect(events.map((event) => event.type)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
    'LambdaFunctionSucceeded',
    'TaskStateExited',
    'SucceedStateEntered',
    'SucceedStateExited',
    'ExecutionSucceeded',
  ]);
  expect(events.map((event) => event.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(events[1]?.stateEnteredEventDetails).toEqual({ name: 'One', input: '{"slug":"acme"}' });
  expect(events[5]?.stateExitedEventDetails).toEqual({
    name: 'One',
    output: '{"slug":"acme","done":["one"]}',
  });
  expect(events[8]?.executionSucceededEventDetails).toEqual({
    output: '{"slug":"acme","done":["one"]}',
  });
  const { events: last } = await sfn().send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1, reverseOrder: true }),
  );
  expect(last?.map((event) => event.type)).toEqual(['ExecutionSucceeded']);
});

test('the form lambda:invoke answers with payload and status code', async () => {
  const invoke = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: functionArn('echo'), 'Payload.$': '$' },
    ResultSelector: { 'echoed.$': '$.Payload.a', 'code.$': '$.StatusCode' },
    ResultPath: '$.answer',
    End: true,
  };
  await start({ m: machineOf({ Invoke: invoke }) });
  const { executionArn, result } = await run('m', { a: 1 });
  expect(result).toEqual({ a: 1, answer: { echoed: 1, code: 200 } });
  const types = (await getEvents(executionArn)).map((event) => event.type);
  expect(types.slice(2, 5)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSucceeded']);
});

test('a caught error has the name of the class and its payload as cause', async () => {
  const Catch = [
    { ErrorEquals: ['TenantExistsError'], Next: 'Wrong' },
    { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Name' },
  ];
  const name = {
    Type: 'Pass',
    Parameters: { step: 'one', 'error.$': '$.failure.Error', 'cause.$': '$.failure.Cause' },
    ResultPath: '$.failure',
    Next: 'Fail',
  };
  await start({
    m: machineOf({
      One: task('one', { Catch, Next: 'Wrong' }),
      Wrong: { Type: 'Succeed' },
      Name: name,
      Fail: { Type: 'Fail', ErrorPath: '$.failure.error', CausePath: '$.failure.cause' },
    }),
  });
  const { executionArn, status, error, cause } = await run('m', { fail: 'one' });
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'TenantBusyError' });
  expect(JSON.parse(cause ?? '')).toEqual({
    errorType: 'TenantBusyError',
    errorMessage: 'cannot one',
    trace: expect.any(Array),
  });
  const events = await getEvents(executionArn);
  const failed = events.find((event) => event.type === 'LambdaFunctionFailed');
  expect(failed?.lambdaFunctionFailedEventDetails).toEqual({ error, cause });
  expect(events.at(-1)).toMatchObject({
    type: 'ExecutionFailed',
    executionFailedEventDetails: { error, cause },
  });
});

const retried = (errorName: string): object => ({
  Type: 'Task',
  Resource: functionArn('step'),
  Parameters: {
    step: 'flaky',
    failures: 2,
    errorName,
    'file.$': '$.file',
    'state.$':
      'States.StringToJson(States.Format(\'\\{"name":"{}","id":"{}"\\}\', $$.Execution.Name, $$.Execution.Id))',
  },
  Retry: [
    { ErrorEquals: ['TenantInputError'], MaxAttempts: 0 },
    {
      ErrorEquals: ['States.ALL'],
      IntervalSeconds: 1,
      MaxAttempts: 3,
      BackoffRate: 1,
      MaxDelaySeconds: 1,
      JitterStrategy: 'FULL',
    },
  ],
  End: true,
});

test('a retry waits, runs again and sees the same context; a listed error with no attempts is not retried', async () => {
  const { dir } = await start({
    mends: machineOf({ Flaky: retried('DatabaseUnavailableError') }),
    ends: machineOf({ Flaky: retried('TenantInputError') }),
  });
  const { executionArn, name, result } = await run('mends', { file: join(dir, 'calls') });
  expect(result).toEqual({ name, id: executionArn, done: ['flaky'] });
  const types = (await getEvents(executionArn)).map((event) => event.type);
  expect(types.filter((type) => type === 'LambdaFunctionFailed')).toHaveLength(2);
  expect(types.filter((type) => type === 'LambdaFunctionScheduled')).toHaveLength(3);
  expect(await run('ends', { file: join(dir, 'other-calls') })).toMatchObject({
    status: 'FAILED',
    error: 'TenantInputError',
  });
});

test('a function that times out, ends or is unknown fails its state by name', async () => {
  const unknown = { Type: 'Task', Resource: functionArn('nobody'), End: true };
  await start(
    {
      slow: machineOf({ S: task('s') }),
      exits: machineOf({ E: { Type: 'Task', Resource: functionArn('exit'), End: true } }),
      unknown: machineOf({ U: unknown }),
    },
    {
      functions: { step, exit: 'export const handler = async () => process.exit(1);' },
      functionSettings: { timeoutSeconds: 1 },
    },
  );
  expect(await run('slow', { hang: true })).toMatchObject({
    status: 'FAILED',
    error: 'Sandbox.Timedout',
  });
  expect(await run('exits')).toMatchObject({ status: 'FAILED', error: 'Runtime.ExitError' });
  expect(await run('unknown')).toMatchObject({
    status: 'FAILED',
    error: 'Lambda.ResourceNotFoundException',
  });
});

test('the limits of a state and of a machine end what takes longer', async () => {
  const slow = { ...task('s', { TimeoutSeconds: 1 }), End: true };
  await start({
    state: machineOf({ S: slow }),
    machine: { ...machineOf({ S: task('s') }), TimeoutSeconds: 1 },
  });
  const [state, machine] = await Promise.all([
    run('state', { hang: true }),
    run('machine', { hang: true }),
  ]);
  expect(state).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  expect(machine.status).toBe('TIMED_OUT');
  const types = (await getEvents(state.executionArn)).map((event) => event.type);
  expect(types).toContain('LambdaFunctionTimedOut');
  expect(types).not.toContain('LambdaFunctionFailed');
});

test('choices, waits, empty results and the whole result at the root work', async () => {
  await start({
    m: machineOf({
      Zero: { Type: 'Pass', Result: 0, ResultPath: '$.count', Next: 'Nothing' },
      Nothing: { Type: 'Pass', Result: null, ResultPath: '$.nothing', Next: 'Choose' },
      Choose: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.missing', IsPresent: true, Next: 'Wrong' },
          {
            And: [
              { Variable: '$.count', NumericEquals: 0 },
              { Variable: '$.nothing', IsNull: true },
            ],
            Next: 'Wait',
          },
        ],
        Default: 'Wrong',
      },
      Wrong: { Type: 'Fail', Error: 'Wrong', Cause: 'wrong turn' },
      Wait: { Type: 'Wait', Seconds: 1, Next: 'Root' },
      Root: { Type: 'Pass', Parameters: { 'seen.$': '$.count' }, ResultPath: '$', Next: 'End' },
      End: { Type: 'Pass', InputPath: '$', OutputPath: '$', End: true },
    }),
  });
  expect((await run('m', {})).result).toEqual({ seen: 0 });
});

test('a Fail state without error and cause fails without them', async () => {
  await start({ m: machineOf({ F: { Type: 'Fail' } }) });
  const { status, error, cause } = await run('m');
  expect({ status, error, cause }).toEqual({
    status: 'FAILED',
    error: undefined,
    cause: undefined,
  });
});

test('parallel branches and the children of an inline map see the whole execution', async () => {
  const context = {
    Type: 'Pass',
    Parameters: {
      'name.$': '$$.Execution.Name',
      'slug.$': '$$.Execution.Input.slug',
      'machine.$': '$$.StateMachine.Name',
      'item.$': '$',
    },
    End: true,
  };
  const map = {
    Type: 'Map',
    ItemsPath: '$.items',
    ItemSelector: {
      'index.$': '$$.Map.Item.Index',
      'value.$': '$$.Map.Item.Value',
      'slug.$': '$.slug',
    },
    ItemProcessor: { StartAt: 'Child', States: { Child: context } },
    ResultPath: '$.mapped',
    Next: 'Parallel',
  };
  const parallel = {
    Type: 'Parallel',
    Branches: [
      {
        StartAt: 'Branch',
        States: { Branch: { ...context, Parameters: { 'slug.$': '$$.Execution.Input.slug' } } },
      },
      { StartAt: 'Other', States: { Other: task('other') } },
    ],
    ResultSelector: { 'first.$': '$[0]', 'second.$': '$[1].done' },
    ResultPath: '$.branches',
    End: true,
  };
  await start({ m: machineOf({ Map: map, Parallel: parallel }) });
  const { executionArn, name, result } = await run('m', { slug: 'acme', items: ['a', 'b'] });
  const child = (index: number, value: string): object => ({
    name,
    slug: 'acme',
    machine: 'm',
    item: { index, value, slug: 'acme' },
  });
  expect(result).toMatchObject({
    mapped: [child(0, 'a'), child(1, 'b')],
    branches: { first: { slug: 'acme' }, second: ['other'] },
  });
  const types = (await getEvents(executionArn)).map((event) => event.type);
  expect(types).toEqual(
    expect.arrayContaining([
      'MapStateEntered',
      'MapIterationSucceeded',
      'MapStateExited',
      'ParallelStateExited',
    ]),
  );
});

test('an inline map fails with its first child, whose error can be caught', async () => {
  const map = {
    Type: 'Map',
    ItemsPath: '$.items',
    MaxConcurrency: 1,
    ItemProcessor: {
      StartAt: 'Child',
      States: { Child: { ...task('child'), Parameters: { step: 'child', 'state.$': '$' } } },
    },
    Catch: [{ ErrorEquals: ['TenantBusyError'], ResultPath: '$.failure', Next: 'Caught' }],
    End: true,
  };
  await start({ m: machineOf({ Map: map, Caught: { Type: 'Pass', End: true } }) });
  const { executionArn, status, result } = await run('m', { items: [{}, { fail: 'child' }, {}] });
  expect(status).toBe('SUCCEEDED');
  expect(result).toMatchObject({ failure: { Error: 'TenantBusyError' } });
  const started = (await getEvents(executionArn)).filter(
    (event) => event.type === 'MapIterationStarted',
  );
  expect(started).toHaveLength(2);
});

const fleetMap = (more: object = {}): object => ({
  Type: 'Map',
  ItemsPath: '$.tenantIds',
  ItemBatcher: { MaxItemsPerBatch: 25, BatchInput: { 'runId.$': '$.runId' } },
  MaxConcurrency: 10,
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
    StartAt: 'MigrateTenants',
    States: {
      MigrateTenants: {
        Type: 'Task',
        Resource: functionArn('batch'),
        Parameters: {
          step: 'migrate-tenants',
          'BatchInput.$': '$.BatchInput',
          'Items.$': '$.Items',
          'execution.$': '$$.Execution.Name',
        },
        End: true,
      },
    },
  },
  End: true,
  ...more,
});

/** Answers with what it got; fails for batches that hold a tenant called `bad…`. */
const batch = `export const handler = async (event) => {
  if (event.Items.some((id) => id.startsWith('bad'))) throw Object.assign(new Error('bad batch'), { name: 'DatabaseTimeoutError' });
  return { runId: event.BatchInput.runId, count: event.Items.length, last: event.Items.at(-1), execution: event.execution };
};`;

test('a distributed map gives batches to child machines, each an execution of its own', async () => {
  await start({ m: machineOf({ Map: fleetMap() }) }, { functions: { batch } });
  const tenantIds = Array.from({ length: 260 }, (_, number) => `t${number}`);
  const { name, result } = await run('m', { runId: 'r1', tenantIds });
  const outputs = result as { runId: string; count: number; last: string; execution: string }[];
  expect(outputs.map((output) => output.count)).toEqual([
    ...Array.from({ length: 10 }, () => 25),
    10,
  ]);
  expect(outputs.at(-1)).toMatchObject({ runId: 'r1', last: 't259' });
  expect(new Set(outputs.map((output) => output.execution)).size).toBe(11);
  expect(outputs.map((output) => output.execution)).not.toContain(name);
});

test('a distributed map fails when more items fail than are tolerated, and can keep its input', async () => {
  await start(
    {
      strict: machineOf({ Map: fleetMap() }),
      tolerant: machineOf({
        Map: fleetMap({ ToleratedFailureCountPath: '$.tolerated', ResultPath: null }),
      }),
      half: machineOf({
        Map: fleetMap({
          ToleratedFailurePercentage: 50,
          ResultSelector: { 'first.$': '$[0].last' },
        }),
      }),
    },
    { functions: { batch } },
  );
  const input = {
    runId: 'r1',
    tolerated: 25,
    tenantIds: [
      ...Array.from({ length: 25 }, (_, number) => `bad${number}`),
      ...Array.from({ length: 25 }, (_, number) => `t${number}`),
    ],
  };
  const strict = await run('strict', input);
  expect(strict).toMatchObject({
    status: 'FAILED',
    error: 'States.ExceedToleratedFailureThreshold',
  });
  expect((await getEvents(strict.executionArn)).map((event) => event.type)).toEqual(
    expect.arrayContaining(['MapRunStarted', 'MapRunFailed']),
  );
  expect((await run('tolerant', input)).result).toEqual(input);
  expect((await run('tolerant', { ...input, tolerated: 24 })).error).toBe(
    'States.ExceedToleratedFailureThreshold',
  );
  expect((await run('half', input)).result).toEqual({ first: 't24' });
});

test.for([
  ['inline', {}],
  ['distributed', { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } }],
] as const)('no more children of an %s map run at once than allowed', async ([name, config]) => {
  const dir = await mkdtemp(join(tmpdir(), 'tenantry-map-'));
  const child = { Type: 'Task', Resource: functionArn('count'), End: true };
  const map = {
    Type: 'Map',
    ItemsPath: '$.ids',
    MaxConcurrencyPath: '$.most',
    ItemProcessor: { ...config, StartAt: 'Child', States: { Child: child } },
    End: true,
  };
  let running = 0;
  let most = 0;
  const stepFunctions = openStepFunctions({
    machines: [{ name, arn: machineArn(name), definition: machineOf({ Map: map }) }],
    async invoke(_name, payload) {
      running += 1;
      most = Math.max(most, running);
      await setTimeout(5);
      running -= 1;
      return { payload };
    },
    dir,
    region: 'us-east-1',
    accountId: '000000000000',
  });
  const input = JSON.stringify({ most: 2, ids: ['a', 'b', 'c', 'd', 'e', 'f'] });
  const started = await stepFunctions.handle('StartExecution', {
    stateMachineArn: machineArn(name),
    input,
  });
  await vi.waitFor(async () =>
    expect(await stepFunctions.handle('DescribeExecution', started)).toMatchObject({
      status: 'SUCCEEDED',
      output: '["a","b","c","d","e","f"]',
    }),
  );
  expect(most).toBe(2);
  await stepFunctions.close();
  await rm(dir, { recursive: true });
});

test('the same name and input is the same execution while it runs, and a name is never free again', async () => {
  await start({ m: machineOf({ S: task('s') }) });
  const first = await startExecution('m', { hang: true }, 'create-acme');
  expect(await startExecution('m', { hang: true }, 'create-acme')).toBe(first);
  const exists = { name: 'ExecutionAlreadyExists' };
  await expect(startExecution('m', { hang: false }, 'create-acme')).rejects.toMatchObject(exists);
  await sfn().send(
    new StopExecutionCommand({ executionArn: first, error: 'Stopped', cause: 'by hand' }),
  );
  expect(await waitForEnd(first)).toMatchObject({
    status: 'ABORTED',
    error: 'Stopped',
    cause: 'by hand',
  });
  await expect(startExecution('m', { hang: true }, 'create-acme')).rejects.toMatchObject(exists);
});

test('the same request twice at once starts one execution', async () => {
  const { dir } = await start({
    m: machineOf({ S: { ...task('s'), Parameters: { step: 's', 'file.$': '$.file' } } }),
  });
  const file = join(dir, 'calls');
  const arns = await Promise.all(
    Array.from({ length: 20 }, () => startExecution('m', { file }, 'once')),
  );
  expect(new Set(arns).size).toBe(1);
  await waitForEnd(arns[0] ?? '');
  expect(
    (await getEvents(arns[0])).filter((event) => event.type === 'LambdaFunctionScheduled'),
  ).toHaveLength(1);
});

test('a stopped execution begins no further state', async () => {
  const { dir } = await start({
    m: machineOf({
      Retry: {
        ...task('r', { Next: 'After' }),
        Parameters: { step: 'r', failures: 100, 'file.$': '$.file' },
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 30 }],
      },
      After: task('after'),
    }),
  });
  const file = join(dir, 'calls');
  const executionArn = await startExecution('m', { file });
  await vi.waitFor(
    async () =>
      expect((await getEvents(executionArn)).map((event) => event.type)).toContain(
        'LambdaFunctionFailed',
      ),
    { timeout: 10_000 },
  );
  await sfn().send(new StopExecutionCommand({ executionArn }));
  expect((await waitForEnd(executionArn)).status).toBe('ABORTED');
  const events = (await getEvents(executionArn)).map((event) => event.type);
  expect(events.filter((type) => type === 'LambdaFunctionScheduled')).toHaveLength(1);
  expect(events.at(-1)).toBe('ExecutionAborted');
});

test('an output above 256 KiB fails the execution, whatever is caught', async () => {
  const big = "export const handler = async () => 'x'.repeat(262_200);";
  const double = "export const handler = async () => 'x'.repeat(140_000);";
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
  const twice = {
    Type: 'Task',
    Resource: functionArn('double'),
    ResultPath: '$.one',
    Next: 'Again',
  };
  await start(
    {
      result: machineOf({
        Big: { Type: 'Task', Resource: functionArn('big'), Catch, Next: 'Caught' },
        Caught: { Type: 'Succeed' },
      }),
      merged: machineOf({
        Twice: twice,
        Again: { ...twice, ResultPath: '$.two', Catch, Next: 'Caught' },
        Caught: { Type: 'Succeed' },
      }),
    },
    { functions: { big, double } },
  );
  for (const machine of ['result', 'merged']) {
    expect(await run(machine)).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
  }
  await expect(startExecution('result', 'x'.repeat(262_200))).rejects.toMatchObject({
    name: 'InvalidExecutionInput',
  });
});

test('executions and machines are listed, newest first, by status and page by page', async () => {
  await start({
    m: machineOf({ P: { Type: 'Pass', End: true } }),
    other: machineOf({ F: { Type: 'Fail', Error: 'No' } }),
  });
  for (const name of ['a', 'b', 'c']) await waitForEnd(await startExecution('m', {}, name));
  await run('other');
  const list = new ListExecutionsCommand({
    stateMachineArn: machineArn('m'),
    statusFilter: 'SUCCEEDED',
    maxResults: 2,
  });
  const { executions, nextToken } = await sfn().send(list);
  expect(executions?.map((execution) => execution.name)).toEqual(['c', 'b']);
  const next = await sfn().send(new ListExecutionsCommand({ ...list.input, nextToken }));
  expect(next.executions?.map((execution) => execution.name)).toEqual(['a']);
  const failed = await sfn().send(
    new ListExecutionsCommand({ stateMachineArn: machineArn('m'), statusFilter: 'FAILED' }),
  );
  expect(failed.executions).toEqual([]);
  const { stateMachines } = await sfn().send(new ListStateMachinesCommand({}));
  expect(stateMachines?.map((machine) => machine.name)).toEqual(['m', 'other']);
  const described = await sfn().send(
    new DescribeStateMachineCommand({ stateMachineArn: machineArn('m') }),
  );
  expect(JSON.parse(described.definition ?? '')).toEqual(
    machineOf({ P: { Type: 'Pass', End: true } }),
  );
});

test('requests that name nothing known are refused by name', async () => {
  await start({ m: machineOf({ P: { Type: 'Pass', End: true } }) });
  await expect(startExecution('nobody')).rejects.toMatchObject({
    name: 'StateMachineDoesNotExist',
  });
  await expect(startExecution('m', {}, 'no spaces')).rejects.toMatchObject({ name: 'InvalidName' });
  await expect(
    sfn().send(new StartExecutionCommand({ stateMachineArn: machineArn('m'), input: '{' })),
  ).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(
    sfn().send(
      new DescribeExecutionCommand({ executionArn: 'arn:aws:states:us-east-1:0:execution:m:x' }),
    ),
  ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
});

test('an execution that a process left running runs again from its beginning, with the same name and input', async () => {
  const flaky = {
    ...task('flaky'),
    Parameters: {
      step: 'flaky',
      'file.$': '$.file',
      'execution.$': '$$.Execution.Name',
      failures: 1,
    },
    Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60 }],
  };
  const machines = { m: machineOf({ Flaky: flaky }) };
  const first = await start(machines);
  const executionArn = await startExecution('m', { file: join(first.dir, 'calls') }, 'interrupted');
  const ended = await waitForEnd(
    await startExecution('m', { file: join(first.dir, 'calls') }, 'ended').then(async (arn) => {
      await vi.waitFor(
        async () =>
          expect(
            (await getEvents(executionArn)).some((event) => event.type === 'LambdaFunctionFailed'),
          ).toBe(true),
        { timeout: 10_000 },
      );
      return arn;
    }),
  );
  await first.close({ keepDir: true });
  client?.destroy();
  const second = await start(machines, { dir: first.dir });
  expect(await sfn().send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
    status: 'RUNNING',
  });
  expect(second.stepFunctions.resumeInterrupted()).toBe(1);
  expect(await waitForEnd(executionArn)).toMatchObject({
    status: 'SUCCEEDED',
    name: 'interrupted',
  });
  expect(
    await sfn().send(new DescribeExecutionCommand({ executionArn: ended.executionArn })),
  ).toMatchObject({ status: 'SUCCEEDED', output: ended.output });
  expect(second.stepFunctions.resumeInterrupted()).toBe(0);
});

test('only the newest executions keep their records, and the names of all stay taken', async () => {
  const machines = { m: machineOf({ P: { Type: 'Pass', End: true } }) };
  const first = await start(machines, { keptExecutions: 3 });
  for (let number = 0; number < 6; number += 1)
    await waitForEnd(await startExecution('m', {}, `n${number}`));
  await vi.waitFor(async () =>
    expect(await readdir(join(first.dir, 'step-functions', 'executions'))).toHaveLength(3),
  );
  await expect(startExecution('m', {}, 'n0')).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
  });
  await first.close({ keepDir: true });
  client?.destroy();
  await start(machines, { keptExecutions: 3, dir: first.dir });
  await expect(startExecution('m', {}, 'n1')).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
  });
  expect(
    await sfn().send(
      new DescribeExecutionCommand({
        executionArn: `${machineArn('m').replace('stateMachine', 'execution')}:n5`,
      }),
    ),
  ).toMatchObject({ status: 'SUCCEEDED' });
});

test('a definition that is not valid is refused at the start, with the name of its machine', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tenantry-machines-'));
  const right = machineOf({ P: { Type: 'Pass', End: true } });
  const wrong = { ...right, StartAt: 'Nowhere' };
  const message = expect.stringMatching(/^state machine wrong is not valid: .*Nowhere/);
  await expect(start({ right, wrong }, { dir })).rejects.toMatchObject({
    code: 'LOCAL_MACHINE_UNSUPPORTED',
    message,
  });
  await rm(dir, { recursive: true });
});
