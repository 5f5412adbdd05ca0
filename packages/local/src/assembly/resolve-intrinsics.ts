import { UnresolvableError } from './assembly-error.ts';
import { isObject } from './template.ts';

/** What the intrinsic functions of a template reach for. */
export interface IntrinsicScope {
  /** The value of `Ref`: a pseudo parameter, a parameter or a resource. */
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
  /** The named condition of the template. */
  condition(name: string): boolean;
}

/** What `{ "Ref": "AWS::NoValue" }` gives: the property or list item that holds it is left out. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: IntrinsicScope) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => scope.ref(String(argument)),
  Condition: (argument, scope) => scope.condition(String(argument)),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': chooseBranch,
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list(resolveValue(argument, scope), 'Fn::Equals');
    return left === right;
  },
  'Fn::And': (argument, scope) => booleans(argument, scope, 'Fn::And').every(Boolean),
  'Fn::Or': (argument, scope) => booleans(argument, scope, 'Fn::Or').some(Boolean),
  'Fn::Not': (argument, scope) => !booleans(argument, scope, 'Fn::Not').every(Boolean),
};

/**
 * `value` with all intrinsic functions in it replaced by what they give. Throws `UnresolvableError` for a function that
 * is not known here.
 */
export function resolveValue(value: unknown, scope: IntrinsicScope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== noValue);
  }
  if (!isObject(value)) return value;
  const name = findIntrinsicName(value);
  if (name === undefined) return resolveMembers(value, scope);
  const intrinsic = intrinsics[name];
  if (intrinsic === undefined)
    throw new UnresolvableError(`${name} is not a function that is known here`);
  return intrinsic(value[name], scope);
}

/** The names that `value` refers to anywhere inside: logical ids, parameters and pseudo parameters. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const name = findIntrinsicName(value);
  if (name === 'Ref') return [String(value['Ref'])];
  if (name === 'Fn::GetAtt') return [attributePath(value[name])[0]];
  const inText = name === 'Fn::Sub' ? substitutionNames(value[name]) : [];
  return [...inText, ...Object.values(value).flatMap(referencesIn)];
}

function findIntrinsicName(value: Record<string, unknown>): string | undefined {
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0) return undefined;
  const isIntrinsic =
    name === 'Ref' ||
    name.startsWith('Fn::') ||
    (name === 'Condition' && typeof value[name] === 'string');
  return isIntrinsic ? name : undefined;
}

function resolveMembers(value: Record<string, unknown>, scope: IntrinsicScope): unknown {
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, resolveValue(member, scope)] as const)
      .filter(([, member]) => member !== noValue),
  );
}

function getAtt(argument: unknown, scope: IntrinsicScope): unknown {
  const [logicalId, attribute] = attributePath(argument);
  return scope.getAtt(logicalId, attribute);
}

function attributePath(argument: unknown): [logicalId: string, attribute: string] {
  const [logicalId = '', ...attribute] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split('.');
  return [logicalId, attribute.join('.')];
}

function join(argument: unknown, scope: IntrinsicScope): string {
  const [separator, items] = list(argument, 'Fn::Join');
  return list(resolveValue(items, scope), 'Fn::Join')
    .map((item) => scalar(item, 'Fn::Join'))
    .join(scalar(separator, 'Fn::Join'));
}

function substitute(argument: unknown, scope: IntrinsicScope): string {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
  const values = isObject(own) ? own : {};
  return scalar(text, 'Fn::Sub').replace(
    /\$\{(!?)([^}]+)\}/g,
    (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (name in values) return scalar(resolveValue(values[name], scope), 'Fn::Sub');
      const value = name.includes('.') ? getAtt(name, scope) : scope.ref(name);
      return scalar(value, 'Fn::Sub');
    },
  );
}

function substitutionNames(argument: unknown): string[] {
  const text = String(Array.isArray(argument) ? argument[0] : argument);
  return [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(
    ([, name = '']) => name.split('.', 1)[0] ?? '',
  );
}

function select(argument: unknown, scope: IntrinsicScope): unknown {
  const [index, items] = list(argument, 'Fn::Select');
  const values = list(resolveValue(items, scope), 'Fn::Select');
  const value: unknown = values[Number(resolveValue(index, scope))];
  if (value === undefined) {
    throw new UnresolvableError(`Fn::Select asks for item ${String(index)} of ${values.length}`);
  }
  return value;
}

function split(argument: unknown, scope: IntrinsicScope): string[] {
  const [separator, text] = list(argument, 'Fn::Split');
  return scalar(resolveValue(text, scope), 'Fn::Split').split(scalar(separator, 'Fn::Split'));
}

function chooseBranch(argument: unknown, scope: IntrinsicScope): unknown {
  const [name, whenTrue, whenFalse] = list(argument, 'Fn::If');
  return resolveValue(scope.condition(String(name)) ? whenTrue : whenFalse, scope);
}

function booleans(argument: unknown, scope: IntrinsicScope, name: string): unknown[] {
  return list(resolveValue(argument, scope), name);
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new UnresolvableError(`${name} needs a list`);
  return value;
}

function scalar(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new UnresolvableError(`${name} needs text, not ${JSON.stringify(value)}`);
}
