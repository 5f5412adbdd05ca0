import { expect, test } from 'vitest';
import {
  isAllowed,
  type AccessRequest,
  type PolicyCondition,
  type PolicyStatement,
} from './policy-statement.ts';

const readItems: PolicyStatement = {
  effect: 'Allow',
  actions: ['dynamodb:Get*', 'dynamodb:Query'],
  resources: ['arn:table/a'],
  principals: [],
  conditions: [],
};
const get: AccessRequest = { action: 'dynamodb:GetItem', resource: 'arn:table/a', context: {} };

const onKeys: PolicyCondition = {
  operator: 'ForAllValues:StringEquals',
  key: 'keys',
  values: ['${tag}'],
};
const named: PolicyCondition = { operator: 'Null', key: 'keys', values: ['false'] };

test.each([
  ['what is allowed', get, true],
  ['another action of the pattern', { ...get, action: 'dynamodb:GetRecords' }, true],
  ['another action', { ...get, action: 'dynamodb:Scan' }, false],
  ['another resource', { ...get, resource: 'arn:table/ab' }, false],
  ['a resource whose dot is not a dot', { ...get, resource: 'arnxtable/a' }, false],
])('an action is allowed on its resources only: %s', (_, request, expected) => {
  expect(isAllowed([readItems], request)).toBe(expected);
});

test('nothing is allowed without a statement, and a denial goes before any permission', () => {
  expect(isAllowed([], get)).toBe(false);
  expect(isAllowed([readItems, { ...readItems, effect: 'Deny' }], get)).toBe(false);
});

test('a trust policy admits whom it names', () => {
  const trust = { ...readItems, resources: [], principals: ['arn:role/a'] };
  const { action, context } = get;
  expect(isAllowed([trust], { action, context, principal: 'arn:role/a' })).toBe(true);
  expect(isAllowed([trust], { action, context, principal: 'arn:role/b' })).toBe(false);
});

test.each<[string, readonly PolicyCondition[], AccessRequest['context'], boolean]>([
  ['each value equals the tag', [onKeys], { keys: ['a', 'a'], tag: ['a'] }, true],
  ['one value differs', [onKeys], { keys: ['a', 'b'], tag: ['a'] }, false],
  ['a value in another case', [onKeys], { keys: ['A'], tag: ['a'] }, false],
  ['a tag that looks like a pattern', [onKeys], { keys: ['a'], tag: ['*'] }, false],
  ['no value, and so all of them', [onKeys], { keys: [], tag: ['a'] }, true],
  ['no value where some are asked for', [onKeys, named], { keys: [], tag: ['a'] }, false],
  ['no tag', [onKeys], { keys: ['${tag}'] }, false],
  ['no tag and no value', [onKeys], {}, false],
  [
    'a single value',
    [{ operator: 'StringEquals', key: 'keys', values: ['a', 'b'] }],
    { keys: ['b'] },
    true,
  ],
  ['a key that is absent', [{ operator: 'StringEquals', key: 'keys', values: ['a'] }], {}, false],
  [
    'a value of a pattern',
    [{ operator: 'StringLike', key: 'keys', values: ['?*'] }],
    { keys: ['x'] },
    true,
  ],
  [
    'an ARN of a pattern',
    [{ operator: 'ArnEquals', key: 'keys', values: ['arn:role/a-*'] }],
    { keys: ['arn:role/a-1'] },
    true,
  ],
  [
    'another ARN',
    [{ operator: 'ArnEquals', key: 'keys', values: ['arn:role/a-*'] }],
    { keys: ['arn:role/b-1'] },
    false,
  ],
  [
    'an empty value of a pattern',
    [{ operator: 'StringLike', key: 'keys', values: ['?*'] }],
    { keys: [''] },
    false,
  ],
])('a condition holds as in IAM: %s', (_, conditions, context, expected) => {
  expect(isAllowed([{ ...readItems, conditions }], { ...get, context })).toBe(expected);
});
