import { expect, test } from 'vitest';
import { createAccessKeys } from '../iam/access-keys.ts';
import type { PolicyCondition, PolicyStatement } from '../iam/policy-statement.ts';
import { assertCallerMay, type StackAccess } from './assert-caller-may.ts';

const stack = (name: string) => `arn:aws:cloudformation:us-east-1:000000000000:stack/${name}/*`;
const roleArn = 'arn:aws:iam::000000000000:role/maker';
const templateUrl = 'https://s3.us-east-1.amazonaws.com/assets/abc.json';

function allow(actions: string[], resource: string, conditions: PolicyCondition[] = []) {
  const statement: PolicyStatement = {
    effect: 'Allow',
    actions,
    resources: [resource],
    principals: [],
    conditions,
  };
  return statement;
}

const statements = [
  allow(['cloudformation:CreateStack'], stack('app-t-*'), [
    { operator: 'StringEquals', key: 'cloudformation:TemplateUrl', values: [templateUrl] },
    { operator: 'ArnEquals', key: 'cloudformation:RoleArn', values: [roleArn] },
  ]),
  allow(['cloudformation:DescribeStacks'], '*'),
  allow(['cloudformation:DeleteStack'], stack('app-t-*')),
  allow(['iam:PassRole'], roleArn, [
    {
      operator: 'StringEquals',
      key: 'iam:PassedToService',
      values: ['cloudformation.amazonaws.com'],
    },
  ]),
];

const launcher = { name: 'launcher', arn: 'arn:launcher', trust: [], statements };
const keys = createAccessKeys({
  accountId: '000000000000',
  findFunctionRole: (name) => (name === 'launcher' ? launcher : undefined),
});

function ask(action: string, fields: Readonly<Record<string, string>>, more: object = {}): void {
  const access: StackAccess = {
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=launcher/20260101/us-east-1/x' },
    action,
    form: new URLSearchParams(fields),
    resource: stack('app-t-acme'),
    ...more,
  };
  assertCallerMay(access, { keys, operatorKeyId: 'local' });
}

const creation = { TemplateURL: templateUrl, RoleARN: roleArn };

test.each<[string, string, Readonly<Record<string, string>>, object]>([
  ['its own template and role', 'CreateStack', creation, {}],
  ['a list of all', 'DescribeStacks', {}, { resource: '*' }],
  ['a deletion with the role of the creation', 'DeleteStack', { RoleARN: roleArn }, {}],
])('a function may do what its policies allow: %s', (_, action, fields, more) => {
  expect(() => ask(action, fields, more)).not.toThrow();
});

test.each<[string, string, Readonly<Record<string, string>>, object]>([
  ['another template', 'CreateStack', { ...creation, TemplateURL: `${templateUrl}.other` }, {}],
  ['no role', 'CreateStack', { TemplateURL: templateUrl }, {}],
  ['another role', 'CreateStack', { ...creation, RoleARN: 'arn:other' }, {}],
  ['another stack', 'CreateStack', creation, { resource: stack('platform') }],
  ['another action', 'UpdateStack', creation, {}],
  ['a role that it may not hand over', 'DeleteStack', { RoleARN: 'arn:other' }, {}],
])('a function may do nothing else: %s', (_, action, fields, more) => {
  expect(() => ask(action, fields, more)).toThrow(
    expect.objectContaining({ name: 'AccessDenied', status: 403 }),
  );
});

test('the operator may do everything, and a stranger is unknown', () => {
  const as = (key: string) => ({ headers: { authorization: `Credential=${key}/20260101/` } });
  expect(() =>
    ask('DeleteStack', {}, { ...as('local'), resource: stack('platform') }),
  ).not.toThrow();
  expect(() => ask('DescribeStacks', {}, as('stranger'))).toThrow(
    expect.objectContaining({ name: 'InvalidClientTokenId', status: 403 }),
  );
});
