import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  type HistoryEventType,
} from '@aws-sdk/client-sfn';
import { mockClient, type AwsClientStub } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import type { FailedTry, FinishedState } from './platform.ts';
import { watchExecution } from './watch-execution.ts';

const arn = 'arn:aws:states:us-east-1:000000000000:execution:tenantry-local-create-tenant:x';
const described = { executionArn: arn, stateMachineArn: arn, startDate: new Date() };
/** A time so many milliseconds after eight o'clock. */
function at(milliseconds: number): Date {
  return new Date(Date.UTC(2026, 10, 21, 8, 0, 0, milliseconds));
}

const never = { signal: new AbortController().signal, next: 'tenantry tenant list' };

let sfn: AwsClientStub<SFNClient>;

beforeEach(() => {
  sfn = mockClient(SFNClient);
});

afterEach(() => sfn.restore());

test('an execution is watched until it succeeded, and its output is read', async () => {
  sfn
    .on(DescribeExecutionCommand, { executionArn: arn })
    .resolvesOnce({ ...described, status: 'RUNNING' })
    .resolvesOnce({ ...described, status: 'RUNNING' })
    .resolves({ ...described, status: 'SUCCEEDED', output: '{"tenantId":"x"}' });

  const outcome = await watchExecution(new SFNClient(), arn, never);

  expect(outcome).toEqual({ status: 'SUCCEEDED', output: { tenantId: 'x' } });
  expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(3);
  expect(sfn.commandCalls(GetExecutionHistoryCommand)).toHaveLength(0);
});

test.each(['FAILED', 'TIMED_OUT', 'ABORTED'] as const)(
  '%s is an end with error and cause',
  async (status) => {
    sfn
      .on(DescribeExecutionCommand)
      .resolves({ ...described, status, error: 'TenantExistsError', cause: 'it exists' });

    expect(await watchExecution(new SFNClient(), arn, never)).toEqual({
      status,
      error: 'TenantExistsError',
      cause: 'it exists',
    });
  },
);

test('each task state is reported once, as it ends, with its time', async () => {
  const reserve = [
    {
      id: 2,
      type: 'TaskStateEntered' as const,
      timestamp: at(0),
      stateEnteredEventDetails: { name: 'reserve' },
    },
    {
      id: 3,
      type: 'TaskStateExited' as const,
      timestamp: at(120),
      stateExitedEventDetails: { name: 'reserve' },
    },
  ];
  const choice = {
    id: 4,
    type: 'ChoiceStateExited' as const,
    timestamp: at(121),
    stateExitedEventDetails: { name: 'decide' },
  };
  const verify = [
    {
      id: 5,
      type: 'TaskStateEntered' as const,
      timestamp: at(200),
      stateEnteredEventDetails: { name: 'verify' },
    },
    {
      id: 6,
      type: 'TaskStateExited' as const,
      timestamp: at(1700),
      stateExitedEventDetails: { name: 'verify' },
    },
  ];
  sfn
    .on(DescribeExecutionCommand)
    .resolvesOnce({ ...described, status: 'RUNNING' })
    .resolves({ ...described, status: 'SUCCEEDED', output: '{}' });
  sfn
    .on(GetExecutionHistoryCommand)
    .resolvesOnce({ events: reserve })
    .resolves({ events: [...reserve, choice, ...verify] });
  const states: FinishedState[] = [];

  await watchExecution(new SFNClient(), arn, { ...never, onState: (state) => states.push(state) });

  expect(states).toEqual([
    { name: 'reserve', seconds: 0.12, hasFailed: false },
    { name: 'verify', seconds: 1.5, hasFailed: false },
  ]);
});

test('a failed try is told with its error and the sentence of the function, once', async () => {
  const failed = (id: number, cause: string) => ({
    id,
    type: 'LambdaFunctionFailed' as const,
    timestamp: at(id),
    lambdaFunctionFailedEventDetails: { error: 'ApplicationLaunchingError', cause },
  });
  const first = failed(2, JSON.stringify({ errorMessage: 'it is "nearly" there', trace: [] }));
  sfn
    .on(DescribeExecutionCommand)
    .resolvesOnce({ ...described, status: 'RUNNING' })
    .resolves({ ...described, status: 'SUCCEEDED', output: '{}' });
  sfn
    .on(GetExecutionHistoryCommand)
    .resolvesOnce({ events: [first] })
    .resolves({ events: [first, failed(3, 'a plain text')] });
  const tries: FailedTry[] = [];

  await watchExecution(new SFNClient(), arn, {
    ...never,
    onState: () => undefined,
    onFailedTry: (failure) => tries.push(failure),
  });

  expect(tries.map(({ error, message }) => `${error}: ${message}`)).toEqual([
    'ApplicationLaunchingError: it is "nearly" there',
    'ApplicationLaunchingError: a plain text',
  ]);
});

test('an interruption leaves the execution running and says how to look at it', async () => {
  sfn.on(DescribeExecutionCommand).resolves({ ...described, status: 'RUNNING' });
  const controller = new AbortController();
  controller.abort();

  const watched = watchExecution(new SFNClient(), arn, {
    signal: controller.signal,
    next: 'tenantry tenant show acme',
  });

  await expect(watched).rejects.toMatchObject({
    code: 'INTERRUPTED',
    exitCode: exitCodes.interrupted,
    next: ['tenantry tenant show acme'],
  });
});

test('a state whose last try failed is told from one that failed and was tried again', async () => {
  const event = (id: number, type: HistoryEventType, name?: string) => ({
    id,
    type,
    timestamp: at(id),
    ...(type === 'TaskStateEntered' && { stateEnteredEventDetails: { name } }),
    ...(type === 'TaskStateExited' && { stateExitedEventDetails: { name } }),
  });
  sfn.on(DescribeExecutionCommand).resolves({ ...described, status: 'FAILED' });
  sfn.on(GetExecutionHistoryCommand).resolves({
    events: [
      event(1, 'TaskStateEntered', 'reserve'),
      event(2, 'LambdaFunctionScheduled'),
      event(3, 'LambdaFunctionFailed'),
      event(4, 'LambdaFunctionScheduled'),
      event(5, 'LambdaFunctionSucceeded'),
      event(6, 'TaskStateExited', 'reserve'),
      event(7, 'TaskStateEntered', 'provision'),
      event(8, 'LambdaFunctionScheduled'),
      event(9, 'LambdaFunctionTimedOut'),
      event(10, 'TaskStateExited', 'provision'),
      event(11, 'TaskStateEntered', 'mark-failed'),
      event(12, 'LambdaFunctionScheduled'),
      event(13, 'LambdaFunctionSucceeded'),
      event(14, 'TaskStateExited', 'mark-failed'),
    ],
  });
  const states: FinishedState[] = [];

  await watchExecution(new SFNClient(), arn, { ...never, onState: (state) => states.push(state) });

  expect(states.map(({ name, hasFailed }) => [name, hasFailed])).toEqual([
    ['reserve', false],
    ['provision', true],
    ['mark-failed', false],
  ]);
});
