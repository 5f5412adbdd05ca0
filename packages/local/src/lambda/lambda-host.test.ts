import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { functionArn, startTestEndpoint } from '../aws/test-endpoint.ts';
import type { TestEndpoint, TestEndpointOptions } from '../aws/test-endpoint.ts';
import { createLambdaHost } from './lambda-host.ts';
import type { LocalFunction } from './local-function.ts';

let endpoint: TestEndpoint | undefined;

afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
});

async function start(source: string, options: TestEndpointOptions = {}): Promise<TestEndpoint> {
  endpoint = await startTestEndpoint({ functions: { fn: source }, ...options });
  return endpoint;
}

const echo = 'export const handler = async (event) => event;';

/** A handler that answers with its process id after as long as the event says. */
const slow = `export const handler = async ({ ms }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
};`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('an unmodified client invokes by name, by ARN and by ARN with an alias', async () => {
  const { clientOptions } = await start(echo);
  const client = new LambdaClient(clientOptions);
  for (const FunctionName of ['fn', functionArn('fn'), `${functionArn('fn')}:live`, 'fn:$LATEST']) {
    const answer = await client.send(
      new InvokeCommand({ FunctionName, Payload: '{"é":[1,null]}' }),
    );
    expect(answer.StatusCode).toBe(200);
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({ é: [1, null] });
  }
  await expect(client.send(new InvokeCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('nobody'),
  });
  client.destroy();
});

/** Writes another state of function `fn`, which answers with `answer`. */
async function writeNext(answer: string): Promise<LocalFunction> {
  const codeDir = join(endpoint?.dir ?? '', 'code', answer);
  await mkdir(codeDir, { recursive: true });
  await writeFile(
    join(codeDir, 'index.mjs'),
    `export const handler = async () => ${JSON.stringify(answer)};`,
  );
  return {
    name: 'fn',
    arn: functionArn('fn'),
    codeDir,
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 10,
    memoryMb: 128,
  };
}

test('what is deployed answers in the place of the old state, and what is under way ends in that one', async () => {
  const { lambda } = await start(slow);
  const { payload: pid } = await lambda.invoke('fn', { ms: 0 });
  const underWay = lambda.invoke('fn', { ms: 300 });
  const next = await writeNext('next');
  lambda.deploy([next]);
  const answers = await Promise.all([1, 2, 3].map(() => lambda.invoke('fn', {})));
  expect(answers).toEqual([{ payload: 'next' }, { payload: 'next' }, { payload: 'next' }]);
  expect(await underWay).toEqual({ payload: pid });
  await expect.poll(() => isAlive(Number(pid))).toBe(false);
  const count = lambda.processCount();
  lambda.deploy([{ ...next }]);
  expect(await lambda.invoke('fn', {})).toEqual({ payload: 'next' });
  expect(lambda.processCount()).toBe(count);
});

test('a function may come later, and one that is removed is unknown and its processes are gone', async () => {
  const { lambda } = await start(echo, { functions: { fn: echo, slow } });
  lambda.deploy([{ ...(await writeNext('later')), name: 'later', arn: functionArn('later') }]);
  expect(await lambda.invoke(functionArn('later'), {})).toEqual({ payload: 'later' });
  const { payload: pid } = await lambda.invoke('slow', { ms: 0 });
  const underWay = lambda.invoke('slow', { ms: 60_000 });
  await lambda.remove('slow');
  expect(isAlive(Number(pid))).toBe(false);
  expect(await underWay).toMatchObject({ functionError: 'Unhandled' });
  await expect(lambda.invoke('slow', {})).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect(await lambda.invoke('fn', 1)).toEqual({ payload: 1 });
});

test('an event invocation is accepted at once and an unknown function refused', async () => {
  const { clientOptions } = await start(echo);
  const client = new LambdaClient(clientOptions);
  const answer = await client.send(
    new InvokeCommand({ FunctionName: 'fn', InvocationType: 'Event' }),
  );
  expect(answer.StatusCode).toBe(202);
  await expect(
    client.send(new InvokeCommand({ FunctionName: 'nobody', InvocationType: 'Event' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  client.destroy();
});

test('an error of the handler is a result with its name, message and trace', async () => {
  const source = `export const handler = async () => {
    throw Object.assign(new Error('slug is taken'), { name: 'TenantExistsError' });
  };`;
  const { clientOptions } = await start(source);
  const client = new LambdaClient(clientOptions);
  const answer = await client.send(new InvokeCommand({ FunctionName: 'fn' }));
  expect(answer.FunctionError).toBe('Unhandled');
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({
    errorType: 'TenantExistsError',
    errorMessage: 'slug is taken',
    trace: expect.arrayContaining(['TenantExistsError: slug is taken']),
  });
  client.destroy();
});

test('a handler sees the variables of the template and of Lambda, and nothing of the parent', async () => {
  vi.stubEnv('TENANTRY_PARENT_SECRET', 'do not show');
  const { lambda, url } = await start('export const handler = async () => process.env;', {
    functionSettings: { environment: { TENANTRY_STAGE: 'dev' }, memoryMb: 256 },
  });
  const { payload } = await lambda.invoke('fn', {});
  expect(payload).toMatchObject({
    TENANTRY_STAGE: 'dev',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'fn',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    _HANDLER: 'index.handler',
    TZ: 'UTC',
  });
  expect(payload).not.toHaveProperty('TENANTRY_PARENT_SECRET');
  expect(payload).not.toHaveProperty('HOME');
});

test('a handler gets a context that counts down', async () => {
  const source = `export const handler = async (event, context) => ({
    ...context, remaining: context.getRemainingTimeInMillis(),
  });`;
  const { lambda } = await start(source, { functionSettings: { timeoutSeconds: 7 } });
  const { payload } = await lambda.invoke('fn', {});
  const { remaining, ...context } = payload as { remaining: number };
  expect(context).toMatchObject({
    functionName: 'fn',
    invokedFunctionArn: functionArn('fn'),
    memoryLimitInMB: '128',
    logGroupName: '/aws/lambda/fn',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThanOrEqual(7000);
});

test('a handler may answer through a callback, and without an answer it is null', async () => {
  const source = `export const handler = (event, context, callback) => {
    if (event.fail) callback(new TypeError('no'));
    else callback(null, event.value);
  };`;
  const { lambda } = await start(source);
  expect(await lambda.invoke('fn', { value: 7 })).toEqual({ payload: 7 });
  expect(await lambda.invoke('fn', {})).toEqual({ payload: null });
  expect(await lambda.invoke('fn', { fail: true })).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'TypeError' },
  });
});

test('a handler that runs out of time is killed, and the next invocation gets a new process', async () => {
  const { lambda } = await start(slow, { functionSettings: { timeoutSeconds: 1 } });
  const { payload: pid } = await lambda.invoke('fn', { ms: 0 });
  const result = await lambda.invoke('fn', { ms: 60_000 });
  expect(result).toEqual({
    functionError: 'Unhandled',
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/,
      ),
    },
  });
  await vi.waitFor(() => expect(isAlive(pid as number)).toBe(false));
  expect((await lambda.invoke('fn', { ms: 0 })).payload).not.toBe(pid);
});

test.for([
  ['ends', 'process.exit(3)', 'Runtime.ExitError', 'exit status 3'],
  ['is killed', "process.kill(process.pid, 'SIGKILL')", 'Runtime.ExitError', 'signal: SIGKILL'],
  [
    'throws outside the handler',
    "setTimeout(() => { throw new RangeError('late') })",
    'RangeError',
    'late',
  ],
  [
    'leaves a rejection',
    "Promise.reject(new Error('lost'))",
    'Runtime.UnhandledPromiseRejection',
    'lost',
  ],
])('a process that %s fails its invocation and no other', async ([, code, errorType, message]) => {
  const source = `export const handler = async (event) => {
    if (!event.die) return 'fine';
    ${code};
    await new Promise(() => setInterval(() => undefined, 1000));
  };`;
  const { lambda } = await start(source);
  expect(await lambda.invoke('fn', { die: true })).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType, errorMessage: expect.stringContaining(message ?? '') },
  });
  expect(await lambda.invoke('fn', {})).toEqual({ payload: 'fine' });
});

test.for([
  ['without the file', { handler: 'missing.handler' }, echo, 'Runtime.ImportModuleError'],
  ['without the export', { handler: 'index.missing' }, echo, 'Runtime.HandlerNotFound'],
  ['with a syntax error', {}, 'export const handler = ;', 'Runtime.UserCodeSyntaxError'],
  ['that throws when loaded', {}, "throw new TypeError('environment')", 'TypeError'],
] as const)(
  'a handler %s fails each invocation',
  async ([, functionSettings, source, errorType]) => {
    const { lambda } = await start(source, { functionSettings });
    const results = await Promise.all([lambda.invoke('fn', {}), lambda.invoke('fn', {})]);
    for (const result of results)
      expect(result).toMatchObject({ functionError: 'Unhandled', payload: { errorType } });
  },
);

test('an answer above 6 MB is an error', async () => {
  const { lambda } = await start("export const handler = async () => 'x'.repeat(7_000_000);");
  expect(await lambda.invoke('fn', {})).toMatchObject({
    payload: { errorType: 'Function.ResponseSizeTooLarge' },
  });
});

test('a warm process is used again, and a second one only for a second invocation at the same time', async () => {
  const { lambda } = await start(slow);
  const first = await lambda.invoke('fn', { ms: 0 });
  expect(await lambda.invoke('fn', { ms: 0 })).toEqual(first);
  const both = await Promise.all([
    lambda.invoke('fn', { ms: 3000 }),
    lambda.invoke('fn', { ms: 0 }),
  ]);
  expect(new Set(both.map((result) => result.payload)).size).toBe(2);
});

test('more invocations than processes wait for their turn, and every function gets one', async () => {
  const { lambda } = await start('', {
    functions: { a: slow, b: slow, c: slow },
    host: { maxProcesses: 2 },
  });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, lambda.processCount());
  }, 5);
  const names = ['a', 'a', 'b', 'a', 'c', 'b', 'a', 'a', 'c'];
  const results = await Promise.all(names.map((name) => lambda.invoke(name, { ms: 20 })));
  clearInterval(watch);
  expect(results.map((result) => typeof result.payload)).toEqual(names.map(() => 'number'));
  // One that was told to make room may still be ending while the next one starts.
  expect(most).toBeLessThanOrEqual(3);
});

test('a function without a process is not held up by one that is always busy', async () => {
  const { lambda } = await start('', {
    functions: { busy: slow, late: echo },
    host: { maxProcesses: 1 },
  });
  const lateIsDone = new AbortController();
  const keepBusy = async (): Promise<void> => {
    while (!lateIsDone.signal.aborted) await lambda.invoke('busy', { ms: 5 });
  };
  const busy = Promise.all([keepBusy(), keepBusy(), keepBusy()]);
  await lambda.invoke('busy', { ms: 0 });
  expect(await lambda.invoke('late', 'made it')).toEqual({ payload: 'made it' });
  lateIsDone.abort();
  await busy;
});

test('unused processes end but for two, the wanted ones first', async () => {
  const functions = { a: slow, b: slow, c: slow, d: slow };
  const { lambda } = await start('', { functions, host: { idleMs: 0, keepWarm: ['a'] } });
  const pids = new Map<string, number>();
  for (const name of Object.keys(functions))
    pids.set(name, (await lambda.invoke(name, { ms: 0 })).payload as number);
  await vi.waitFor(() => expect(lambda.processCount()).toBe(2), { timeout: 10_000 });
  const alive = [...pids].filter(([, pid]) => isAlive(pid)).map(([name]) => name);
  expect(alive).toEqual(['a', 'd']);
});

test('what a function prints is in its log', async () => {
  const { lambda, dir } = await start(
    "export const handler = async () => { console.log('hello from', 'fn'); console.error('oops'); };",
  );
  await lambda.invoke('fn', {});
  const log = await readFile(join(dir, 'logs', 'fn.log'), 'utf8');
  expect(log).toContain('hello from fn\n');
  expect(log).toContain('oops\n');
});

test('closing ends every process, also a busy one, and refuses what waits', async () => {
  const { lambda } = await start(slow, { host: { maxProcesses: 2 } });
  const warm = await Promise.all([
    lambda.invoke('fn', { ms: 1000 }),
    lambda.invoke('fn', { ms: 0 }),
  ]);
  const busy = lambda.invoke('fn', { ms: 60_000 });
  const alsoBusy = lambda.invoke('fn', { ms: 60_000 });
  const waiting = lambda.invoke('fn', { ms: 0 });
  const refusal = waiting.catch((error: unknown) => error);
  await lambda.close();
  expect(await refusal).toMatchObject({ name: 'ServiceException' });
  for (const result of [await busy, await alsoBusy])
    expect(result).toMatchObject({ payload: { errorType: 'Runtime.ExitError' } });
  expect(lambda.processCount()).toBe(0);
  for (const { payload } of warm) expect(isAlive(payload as number)).toBe(false);
  await expect(lambda.invoke('fn', {})).rejects.toMatchObject({ name: 'ServiceException' });
});

test('a function whose code is not there is refused before anything starts', () => {
  const fn = {
    name: 'gone',
    arn: functionArn('gone'),
    codeDir: '/does/not/exist',
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 3,
    memoryMb: 128,
  };
  const create = (): unknown =>
    createLambdaHost({
      functions: [fn],
      endpointUrl: () => '',
      region: 'us-east-1',
      accountId: '0',
      logDir: '/tmp',
    });
  expect(create).toThrow(
    expect.objectContaining({
      code: 'LOCAL_FUNCTION_INVALID',
      message: expect.stringContaining('gone'),
    }),
  );
});

test('a process whose host is killed ends by itself', async () => {
  const { dir } = await start(slow);
  const host = JSON.stringify(new URL('./lambda-host.ts', import.meta.url).href);
  const fn = {
    name: 'fn',
    arn: functionArn('fn'),
    codeDir: join(dir, 'code', 'fn'),
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 3,
    memoryMb: 128,
  };
  const options = JSON.stringify({
    functions: [fn],
    region: 'us-east-1',
    accountId: '0',
    logDir: dir,
  });
  const source = `import { createLambdaHost } from ${host};
    const host = createLambdaHost({ ...${options}, endpointUrl: () => '' });
    const { payload } = await host.invoke('fn', { ms: 0 });
    process.stdout.write(String(payload));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(printed.toString());
  expect(isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
});

test('functions that take long to load get their turns all the same', async () => {
  const loading = `await new Promise((resolve) => setTimeout(resolve, 700));\n${echo}`;
  const functions = { a: loading, b: loading, c: loading };
  const { lambda } = await start('', { functions, host: { maxProcesses: 1 } });
  const results = await Promise.all(['a', 'b', 'c', 'a'].map((name) => lambda.invoke(name, name)));
  expect(results.map((result) => result.payload)).toEqual(['a', 'b', 'c', 'a']);
});
