import { expect, test } from 'vitest';
import { judgeDeployment } from './judge-deployment.ts';

test.each([
  ['RUNNING', 'running', 'open'],
  ['RUNNING', undefined, 'open'],
  ['RUNNING', 'succeeded', 'succeeded'],
  ['SUCCEEDED', 'paused', 'open'],
  ['SUCCEEDED', 'running', 'open'],
  ['SUCCEEDED', 'succeeded', 'succeeded'],
  ['SUCCEEDED', 'cancelled', 'failed'],
  ['SUCCEEDED', undefined, 'succeeded'],
  ['FAILED', 'failed', 'failed'],
  ['FAILED', undefined, 'failed'],
  ['ABORTED', 'running', 'failed'],
  ['PENDING_REDRIVE', 'running', 'open'],
] as const)(
  'an execution that is %s of a run that is %s makes the deployment %s',
  (execution, status, state) => {
    expect(judgeDeployment(execution, status === undefined ? undefined : { status })).toBe(state);
  },
);
