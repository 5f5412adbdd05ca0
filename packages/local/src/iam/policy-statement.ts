/** A condition of a statement: one operator on one key of the request's context. */
export interface PolicyCondition {
  readonly operator: ConditionOperator;
  readonly key: string;
  /** May hold variables: `${aws:PrincipalTag/tenant}`. */
  readonly values: readonly string[];
}

/** The operators that are understood here. */
export const conditionOperators = [
  'StringEquals',
  'StringLike',
  'ArnEquals',
  'Null',
  'ForAllValues:StringEquals',
] as const;

/** One of them. */
export type ConditionOperator = (typeof conditionOperators)[number];

/** One statement of a policy, resolved. */
export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** Empty in a trust policy. */
  readonly resources: readonly string[];
  /** ARNs that a trust policy names; empty in a role's own policy. */
  readonly principals: readonly string[];
  readonly conditions: readonly PolicyCondition[];
}

/** What somebody wants to do. */
export interface AccessRequest {
  readonly action: string;
  /** Undefined where a trust policy is asked, which is about its own role. */
  readonly resource?: string;
  /** Undefined where a role's own policy is asked. */
  readonly principal?: string;
  /** Values by condition key; a key without any is absent. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Whether the statements admit a request: one allows it and none denies it, as IAM decides. */
export function isAllowed(statements: readonly PolicyStatement[], request: AccessRequest): boolean {
  const matching = statements.filter((statement) => fits(statement, request));
  return (
    matching.some(({ effect }) => effect === 'Allow') &&
    matching.every(({ effect }) => effect !== 'Deny')
  );
}

function fits(statement: PolicyStatement, request: AccessRequest): boolean {
  const { action, resource, principal, context } = request;
  return (
    statement.actions.some((pattern) => isLike(action, pattern)) &&
    (resource === undefined || statement.resources.some((pattern) => isLike(resource, pattern))) &&
    (principal === undefined || statement.principals.includes(principal)) &&
    statement.conditions.every((condition) => holds(condition, context))
  );
}

function holds({ operator, key, values }: PolicyCondition, context: AccessRequest['context']) {
  const found = context[key] ?? [];
  if (operator === 'Null') return values.includes(String(found.length === 0));
  const wanted = values.map((value) => substitute(value, context));
  // A variable without a value makes the condition fail, also one for all of no values.
  if (wanted.includes(undefined)) return false;
  const hasPatterns = operator === 'StringLike' || operator === 'ArnEquals';
  const compare = hasPatterns ? isLike : (value: string, it: string) => value === it;
  const isMatch = (value: string) => wanted.some((it) => it !== undefined && compare(value, it));
  if (operator === 'ForAllValues:StringEquals') return found.every(isMatch);
  return found.length === 1 && found.every(isMatch);
}

function substitute(value: string, context: AccessRequest['context']): string | undefined {
  let isComplete = true;
  const text = value.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    const [only, ...more] = context[name] ?? [];
    if (only === undefined || more.length > 0) isComplete = false;
    return only ?? '';
  });
  return isComplete ? text : undefined;
}

function isLike(value: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}
