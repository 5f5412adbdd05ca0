import { expect, test } from 'vitest';
import { compileMachine } from './compile-machine.ts';

const pass = { Type: 'Pass', End: true };
const resource = 'arn:aws:lambda:us-east-1:000000000000:function:fn';
const task = { Type: 'Task', Resource: resource, End: true };

function compile(state: object, more: object = {}): unknown {
  const definition = { StartAt: 'S', States: { S: state }, ...more };
  return compileMachine({ name: 'create-tenant', arn: 'arn', definition });
}

const child = { StartAt: 'C', States: { C: pass } };
const distributed = {
  ...child,
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
};

test.for([
  [
    'JSONata in the machine',
    { Type: 'Pass', End: true },
    { QueryLanguage: 'JSONata' },
    'QueryLanguage',
  ],
  ['JSONata in a state', { ...pass, QueryLanguage: 'JSONata' }, {}, 'QueryLanguage'],
  ['variables', { ...task, Assign: { x: 1 } }, {}, 'Assign'],
  [
    'credentials',
    { ...task, Credentials: { RoleArn: 'arn:aws:iam::000000000000:role/x' } },
    {},
    'Credentials',
  ],
  ['a heartbeat', { ...task, HeartbeatSeconds: 5 }, {}, 'HeartbeatSeconds'],
  [
    'a task that waits for a token',
    { ...task, Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' },
    {},
    'waitForTaskToken',
  ],
  [
    'a task of another service',
    { ...task, Resource: 'arn:aws:states:::sqs:sendMessage' },
    {},
    'sqs:sendMessage',
  ],
  [
    'an invocation type',
    {
      ...task,
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'fn', InvocationType: 'Event' },
    },
    {},
    'InvocationType',
  ],
  [
    'items from S3',
    {
      Type: 'Map',
      ItemProcessor: distributed,
      ItemReader: { Resource: 'arn:aws:states:::s3:getObject' },
      End: true,
    },
    {},
    'ItemReader',
  ],
  [
    'results to S3',
    {
      Type: 'Map',
      ItemProcessor: distributed,
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject' },
      End: true,
    },
    {},
    'ResultWriter',
  ],
  [
    'batches by bytes',
    {
      Type: 'Map',
      ItemProcessor: distributed,
      ItemBatcher: { MaxInputBytesPerBatch: 10 },
      End: true,
    },
    {},
    'MaxInputBytesPerBatch',
  ],
  [
    'batches of an inline map',
    { Type: 'Map', ItemProcessor: child, ItemBatcher: { MaxItemsPerBatch: 10 }, End: true },
    {},
    'ItemBatcher',
  ],
  [
    'a part of the context that is not there',
    { ...pass, Parameters: { 'x.$': '$$.State.Name' } },
    {},
    '$$.State.Name',
  ],
  ['the whole context', { ...pass, Parameters: { 'x.$': '$$' } }, {}, '$$'],
  [
    'a catch of the data limit',
    { ...task, Retry: [{ ErrorEquals: ['States.DataLimitExceeded'] }] },
    {},
    'States.DataLimitExceeded',
  ],
  [
    'a computed error name',
    { Type: 'Fail', ErrorPath: "States.Format('{}', $.x)" },
    {},
    'ErrorPath',
  ],
  [
    'a field inside a map',
    {
      Type: 'Map',
      ItemProcessor: { StartAt: 'C', States: { C: { ...task, HeartbeatSeconds: 1 } } },
      End: true,
    },
    {},
    'HeartbeatSeconds',
  ],
  [
    'a field inside a branch',
    {
      Type: 'Parallel',
      Branches: [{ StartAt: 'C', States: { C: { ...task, HeartbeatSeconds: 1 } } }],
      End: true,
    },
    {},
    'HeartbeatSeconds',
  ],
  ['a wait beyond timers', { Type: 'Wait', Seconds: 3_000_000, End: true }, {}, '2147483'],
] as const)('%s is refused, with the name of machine and culprit', ([, state, more, culprit]) => {
  expect(() => compile(state, more)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_MACHINE_UNSUPPORTED',
      message: expect.stringMatching(
        new RegExp(`create-tenant.*${culprit.replaceAll('$', '\\$')}`, 's'),
      ),
      next: expect.any(String),
    }),
  );
});

test('a definition stays as it was given', () => {
  const definition = {
    StartAt: 'S',
    States: { S: { ...pass, ResultPath: '$', Parameters: { 'x.$': '$$.Execution.Name' } } },
  };
  const before = structuredClone(definition);
  compileMachine({ name: 'm', arn: 'arn', definition });
  expect(definition).toEqual(before);
});

test('literal texts that look like paths of the context are left alone', () => {
  expect(() => compile({ ...pass, Result: { note: 'costs $$ a month' } })).not.toThrow();
});
