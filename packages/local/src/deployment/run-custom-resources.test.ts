import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { LocalCustomResource } from '../assembly/local-stack.ts';
import { openDeploymentRecord, type DeploymentRecord } from './deployment-record.ts';
import {
  removeFormerResources,
  runCustomResources,
  type DeployOptions,
} from './run-custom-resources.ts';

const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

function resource(
  logicalId: string,
  properties: Record<string, unknown>,
  isWaitedFor = false,
): LocalCustomResource {
  return {
    logicalId,
    type: `Custom::${logicalId}`,
    onEventArn: arn('on-event'),
    isCompleteArn: isWaitedFor ? arn('is-complete') : undefined,
    properties,
  };
}

interface Call {
  name: string;
  event: Record<string, unknown>;
}

let file: string;
let calls: Call[];
let answers: Record<string, (event: Record<string, unknown>) => object>;

beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), 'deployment-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  file = join(dir, 'deployment.json');
  calls = [];
  answers = { 'on-event': () => ({ payload: { PhysicalResourceId: 'thing' } }) };
});

function optionsFor(record: DeploymentRecord, more: Partial<DeployOptions> = {}): DeployOptions {
  return {
    stackId: 'stack',
    record,
    logDir: '/logs',
    invoke: (functionArn, payload) => {
      const name = functionArn.split(':')[6] ?? '';
      const event = payload as Record<string, unknown>;
      calls.push({ name, event });
      return Promise.resolve(
        (answers[name]?.(event) ?? { payload: {} }) as {
          payload: unknown;
          functionError?: 'Unhandled';
        },
      );
    },
    ...more,
  };
}

/** One start of the runtime: the record is read from the disk again. */
async function deploy(
  resources: LocalCustomResource[],
  more: Partial<DeployOptions> = {},
): Promise<void> {
  await runCustomResources(resources, optionsFor(openDeploymentRecord(file, 'db'), more));
}

const requestTypes = (): unknown[] => calls.map(({ event }) => event['RequestType']);

test('a resource that was never seen is created with its properties', async () => {
  await deploy([resource('Thing', { hash: 'a' })]);
  expect(calls).toHaveLength(1);
  expect(calls[0]?.event).toMatchObject({
    RequestType: 'Create',
    StackId: 'stack',
    LogicalResourceId: 'Thing',
    ResourceType: 'Custom::Thing',
    ResourceProperties: { hash: 'a' },
  });
});

test('unchanged properties mean no call', async () => {
  await deploy([resource('Thing', { hash: 'a' })]);
  await deploy([resource('Thing', { hash: 'a' })]);
  expect(requestTypes()).toEqual(['Create']);
});

test('changed properties are an update that carries the old ones', async () => {
  await deploy([resource('Thing', { hash: 'a' })]);
  await deploy([resource('Thing', { hash: 'b' })]);
  expect(calls[1]?.event).toMatchObject({
    RequestType: 'Update',
    PhysicalResourceId: 'thing',
    OldResourceProperties: { hash: 'a' },
    ResourceProperties: { hash: 'b' },
  });
});

test('isComplete is asked with what onEvent answered until it agrees', async () => {
  let asked = 0;
  answers['on-event'] = () => ({ payload: { PhysicalResourceId: 'run-7', Data: { run: '7' } } });
  answers['is-complete'] = () => ({ payload: { IsComplete: ++asked === 3 } });
  await deploy([resource('Thing', { hash: 'a' }, true)]);
  expect(calls.map(({ name }) => name)).toEqual([
    'on-event',
    'is-complete',
    'is-complete',
    'is-complete',
  ]);
  expect(calls[3]?.event).toMatchObject({
    RequestType: 'Create',
    PhysicalResourceId: 'run-7',
    Data: { run: '7' },
    ResourceProperties: { hash: 'a' },
  });
});

test('a deploy cut before isComplete agreed is done again, even back to the old properties', async () => {
  answers['is-complete'] = () => ({ payload: { IsComplete: true } });
  await deploy([resource('Thing', { hash: 'a' }, true)]);
  const cut = new AbortController();
  answers['is-complete'] = () => {
    cut.abort(new Error('killed'));
    return { payload: { IsComplete: false } };
  };
  const options = { signal: cut.signal };
  await expect(deploy([resource('Thing', { hash: 'b' }, true)], options)).rejects.toThrow('abort');
  calls = [];
  answers['is-complete'] = () => ({ payload: { IsComplete: true } });
  await deploy([resource('Thing', { hash: 'a' }, true)]);
  expect(requestTypes()).toEqual(['Update', 'Update']);
  calls = [];
  await deploy([resource('Thing', { hash: 'a' }, true)]);
  expect(calls).toEqual([]);
});

test('a create that failed is a create again', async () => {
  answers['on-event'] = () => ({
    payload: { errorType: 'RunFailedError', errorMessage: 'run 7 failed: acme' },
    functionError: 'Unhandled',
  });
  await expect(deploy([resource('Thing', { hash: 'a' })])).rejects.toMatchObject({
    code: 'LOCAL_DEPLOY_FAILED',
    message: 'The deploy stopped at Thing (function on-event): RunFailedError: run 7 failed: acme',
    next: expect.stringContaining('/logs/on-event.log') as string,
  });
  answers['on-event'] = () => ({ payload: {} });
  await deploy([resource('Thing', { hash: 'a' })]);
  expect(requestTypes()).toEqual(['Create', 'Create']);
});

test('a failure stops the deploy; what was done before stays done', async () => {
  answers['on-event'] = (event) =>
    event['LogicalResourceId'] === 'Second'
      ? { payload: { errorType: 'Error', errorMessage: 'no' }, functionError: 'Unhandled' }
      : { payload: {} };
  const resources = ['First', 'Second', 'Third'].map((id) => resource(id, { hash: 'a' }));
  await expect(deploy(resources)).rejects.toThrow('Second');
  expect(calls.map(({ event }) => event['LogicalResourceId'])).toEqual(['First', 'Second']);
  answers['on-event'] = () => ({ payload: {} });
  calls = [];
  await deploy(resources);
  expect(calls.map(({ event }) => event['LogicalResourceId'])).toEqual(['Second', 'Third']);
});

test('a resource that never completes stops the deploy at the time limit', async () => {
  answers['is-complete'] = () => ({ payload: { IsComplete: false } });
  await expect(
    deploy([resource('Thing', { hash: 'a' }, true)], { timeoutMs: 30 }),
  ).rejects.toMatchObject({
    code: 'LOCAL_DEPLOY_FAILED',
    message: expect.stringContaining('is not complete') as string,
  });
});

test('another physical id means that the former one is deleted', async () => {
  await deploy([resource('Thing', { hash: 'a' })]);
  calls = [];
  answers['on-event'] = (event) => ({
    payload: { PhysicalResourceId: event['RequestType'] === 'Delete' ? 'thing' : 'other' },
  });
  await deploy([resource('Thing', { hash: 'b' })]);
  expect(calls.map(({ event }) => [event['RequestType'], event['PhysicalResourceId']])).toEqual([
    ['Update', 'thing'],
    ['Delete', 'thing'],
  ]);
});

test('a resource that left the stack is told once, if its function is still there', async () => {
  await deploy([resource('Kept', {}), resource('Left', {})]);
  calls = [];
  const leave = (functions: Set<string>): Promise<void> =>
    removeFormerResources(
      [resource('Kept', {})],
      functions,
      optionsFor(openDeploymentRecord(file, 'db')),
    );
  await leave(new Set([arn('on-event')]));
  expect(calls.map(({ event }) => [event['RequestType'], event['LogicalResourceId']])).toEqual([
    ['Delete', 'Left'],
  ]);
  await leave(new Set([arn('on-event')]));
  expect(calls).toHaveLength(1);
});

test('under another database nothing has been deployed yet', async () => {
  await deploy([resource('Thing', { hash: 'a' })]);
  const record = openDeploymentRecord(file, 'another');
  await runCustomResources([resource('Thing', { hash: 'a' })], optionsFor(record));
  expect(requestTypes()).toEqual(['Create', 'Create']);
});
