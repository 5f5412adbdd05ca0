import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { CountStep } from './cache-table.ts';

/** How a number is changed, and when. */
export type NumberUpdate = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
>;

/** Adds to a number that is not past its time. */
export function goOn(step: CountStep): NumberUpdate {
  const isEnding = step.expiresAt !== undefined;
  return {
    UpdateExpression: `ADD #value :by${isEnding ? ' SET #expires = if_not_exists(#expires, :expires)' : ''}`,
    ConditionExpression: 'attribute_not_exists(#expires) OR #expires > :now',
    ExpressionAttributeValues: valuesOf(step),
  };
}

/** Puts a new number in place of one that is past its time. */
export function beginAnew(step: CountStep): NumberUpdate {
  const isEnding = step.expiresAt !== undefined;
  return {
    UpdateExpression: `SET #value = :by${isEnding ? ', #expires = :expires' : ' REMOVE #expires'}`,
    ConditionExpression: '#expires <= :now',
    ExpressionAttributeValues: valuesOf(step),
  };
}

function valuesOf({ by, now, expiresAt }: CountStep) {
  return {
    ':by': { N: String(by) },
    ':now': { N: String(now) },
    ...(expiresAt !== undefined && { ':expires': { N: String(expiresAt) } }),
  };
}
