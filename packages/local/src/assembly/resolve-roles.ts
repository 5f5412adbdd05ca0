import type { LocalRole } from '../iam/access-keys.ts';
import {
  conditionOperators,
  type ConditionOperator,
  type PolicyCondition,
  type PolicyStatement,
} from '../iam/policy-statement.ts';
import { UnresolvableError } from './assembly-error.ts';
import { referencesIn, resolveValue } from './resolve-intrinsics.ts';
import type { StackScope } from './stack-scope.ts';
import { isObject } from './template.ts';

/** What the rights are checked of here; a statement about other actions is not read, nor what it refers to. */
const checkedActions = /^(cloudformation|dynamodb|sts):|^iam:PassRole$/;

/** The stack's roles with what their policies say about CloudFormation, DynamoDB and STS. Throws `UnresolvableError` for a statement that is not understood. */
export function resolveRoles(scope: StackScope): LocalRole[] {
  const policies = scope.idsOfType('AWS::IAM::Policy').map((logicalId) => {
    const { Roles, PolicyDocument } = scope.resource(logicalId).Properties ?? {};
    return { roleIds: referencesIn(Roles), document: PolicyDocument };
  });
  return scope.idsOfType('AWS::IAM::Role').map((logicalId) => {
    const { AssumeRolePolicyDocument, Policies } = scope.resource(logicalId).Properties ?? {};
    const inline = listOf(Policies).map((it) => (isObject(it) ? it['PolicyDocument'] : undefined));
    const attached = policies
      .filter(({ roleIds }) => roleIds.includes(logicalId))
      .map(({ document }) => document);
    const resolve = (documents: readonly unknown[]) =>
      documents.flatMap((document) => resolveStatements(scope, logicalId, document));
    return {
      name: scope.identity(logicalId).ref,
      arn: scope.getAtt(logicalId, 'Arn'),
      trust: resolve([AssumeRolePolicyDocument]).filter(({ principals }) => principals.length > 0),
      statements: resolve([...inline, ...attached]),
    };
  });
}

function resolveStatements(
  scope: StackScope,
  logicalId: string,
  document: unknown,
): PolicyStatement[] {
  const statements = isObject(document) ? listOf(document['Statement']) : [];
  return statements
    .filter(isObject)
    .filter((statement) => textsIn(statement['Action']).some((it) => checkedActions.test(it)))
    .map((statement) => resolveStatement(resolveValue(statement, scope), logicalId));
}

const knownParts = ['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition'];

function resolveStatement(statement: unknown, logicalId: string): PolicyStatement {
  const parts = isObject(statement) ? statement : {};
  const unknown = Object.keys(parts).find((part) => !knownParts.includes(part));
  if (unknown !== undefined)
    throw new UnresolvableError(`a policy of ${logicalId} has ${unknown}, which is not read here`);
  const { Effect, Action, Resource, Principal, Condition } = parts;
  return {
    effect: Effect === 'Deny' ? 'Deny' : 'Allow',
    actions: textsIn(Action),
    resources: textsIn(Resource),
    principals: isObject(Principal) ? textsIn(Principal['AWS']) : [],
    conditions: isObject(Condition) ? resolveConditions(Condition, logicalId) : [],
  };
}

function resolveConditions(block: object, logicalId: string): PolicyCondition[] {
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isOperator(operator))
      throw new UnresolvableError(
        `a policy of ${logicalId} has the condition ${operator}; understood here are ${conditionOperators.join(', ')}`,
      );
    return Object.entries(isObject(keys) ? keys : {}).map(([key, values]) => ({
      operator,
      key,
      values: textsIn(values),
    }));
  });
}

function isOperator(text: string): text is ConditionOperator {
  return (conditionOperators as readonly string[]).includes(text);
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return value === undefined ? [] : [value];
}

function textsIn(value: unknown): string[] {
  return listOf(value)
    .filter((it) => typeof it === 'string' || typeof it === 'boolean')
    .map(String);
}
