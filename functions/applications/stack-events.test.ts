import type { ResourceStatus, StackEvent } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { findFailure, findLastWork, listPartsAtWork } from './stack-events.ts';

const stack = 'tenantry-prod-t-aaaaaaaaaaaaaaaaaaaa';

function event(part: string, status: string, reason?: string): StackEvent {
  return {
    StackId: 'arn',
    EventId: `${part}-${status}`,
    StackName: stack,
    Timestamp: new Date(0),
    LogicalResourceId: part,
    ResourceType: part === stack ? 'AWS::CloudFormation::Stack' : `AWS::RDS::${part}`,
    ResourceStatus: status as ResourceStatus,
    ...(reason !== undefined && { ResourceStatusReason: reason }),
  };
}

/** Newest first, as CloudFormation lists them. */
const failedCreation = [
  event(stack, 'ROLLBACK_COMPLETE'),
  event('Cluster', 'DELETE_COMPLETE'),
  event(stack, 'ROLLBACK_IN_PROGRESS', 'The following resource(s) failed to create'),
  event('Subnets', 'CREATE_FAILED', 'Resource creation cancelled'),
  event('Cluster', 'CREATE_FAILED', 'the quota of clusters is used up'),
  event('Subnets', 'CREATE_IN_PROGRESS'),
  event('Cluster', 'CREATE_IN_PROGRESS'),
  event(stack, 'CREATE_IN_PROGRESS', 'User Initiated'),
];

test('the reason is that of the first part that failed, with its name and type', () => {
  expect(findFailure(failedCreation)).toBe(
    'Cluster (AWS::RDS::Cluster): the quota of clusters is used up',
  );
  expect(findFailure([event(stack, 'CREATE_COMPLETE')])).toBeUndefined();
});

test('failures of earlier work on a stack are not those of the last one', () => {
  const deletion = [
    event('Cluster', 'DELETE_IN_PROGRESS'),
    event(stack, 'DELETE_IN_PROGRESS', 'User Initiated'),
  ];
  const last = findLastWork([...deletion, ...failedCreation], stack);
  expect(last).toEqual(deletion);
  expect(findLastWork(failedCreation, stack)).toEqual(failedCreation);
  expect(findLastWork(failedCreation.slice(0, 3), stack)).toBeUndefined();
});

test('what is being worked on is named once a type, and what is done is not', () => {
  const events = [
    event('Instance', 'CREATE_IN_PROGRESS', 'Resource creation Initiated'),
    event('Cluster', 'CREATE_COMPLETE'),
    event('Instance', 'CREATE_IN_PROGRESS'),
    event('Cluster', 'CREATE_IN_PROGRESS'),
    event(stack, 'CREATE_IN_PROGRESS', 'User Initiated'),
  ];
  expect(listPartsAtWork(events, stack)).toEqual(['AWS::RDS::Instance']);
  expect(listPartsAtWork([event(stack, 'CREATE_IN_PROGRESS')], stack)).toEqual([]);
});
