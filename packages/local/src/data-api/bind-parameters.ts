import { DataApiError } from './data-api-error.ts';
import type { SqlParameter } from './requests.ts';
import type { ParsedStatement } from './named-parameters.ts';

/** A statement as it goes to PostgreSQL: the type of each parameter is said, never inferred. */
export interface BoundStatement {
  readonly text: string;
  /** Type OIDs, 0 where PostgreSQL decides (a NULL). */
  readonly types: readonly number[];
  readonly values: readonly (string | null)[];
}

interface BoundValue {
  readonly type: number;
  readonly value: string | null;
}

const types = {
  bool: 16,
  bytea: 17,
  int8: 20,
  text: 25,
  float8: 701,
} as const;

/** What a hint makes of a string: the type, and the only form that Aurora accepts. */
const hints: Record<string, { type: number; form?: RegExp; example?: string }> = {
  DATE: { type: 1082, form: /^\d{4}-\d{2}-\d{2}$/, example: 'YYYY-MM-DD' },
  TIME: { type: 1083, form: /^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/, example: 'HH:MM:SS[.FFF]' },
  TIMESTAMP: {
    type: 1114,
    form: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$/,
    example: 'YYYY-MM-DD HH:MM:SS[.FFF]',
  },
  DECIMAL: { type: 1700 },
  JSON: { type: 114 },
  UUID: { type: 2950 },
};

/**
 * Puts the parameters into the statement's order. Throws `BadRequestException` for a name without a value, a value without a name in
 * the statement, a name given twice, an array, or a value that does not fit its hint.
 */
export function bindParameters(
  statement: ParsedStatement,
  parameters: readonly SqlParameter[],
): BoundStatement {
  const values = new Map<string, BoundValue>();
  for (const parameter of parameters) {
    const name = parameter.name ?? '';
    if (values.has(name)) throw refuse(name, 'is given twice');
    values.set(name, bindValue(name, parameter));
  }
  const bound = statement.names.map((name) => getValue(values, name));
  assertAllUsed(statement, values);
  return {
    text: statement.text,
    types: bound.map(({ type }) => type),
    values: bound.map(({ value }) => value),
  };
}

function getValue(values: ReadonlyMap<string, BoundValue>, name: string): BoundValue {
  const value = values.get(name);
  if (value !== undefined) return value;
  const slice = /^\d/.test(name)
    ? ' In an array slice write a blank after the colon: the Data API takes [1:2] for a parameter.'
    : '';
  throw refuse(name, `stands in the statement but has no value.${slice}`);
}

function assertAllUsed({ names }: ParsedStatement, values: ReadonlyMap<string, BoundValue>): void {
  for (const name of values.keys()) {
    if (!names.includes(name))
      throw refuse(name, 'has a value but does not stand in the statement');
  }
}

function bindValue(name: string, { value, typeHint }: SqlParameter): BoundValue {
  const given = Object.entries(value ?? {}).filter(([, content]) => content !== undefined);
  const [member] = given;
  if (member === undefined || given.length > 1) {
    throw refuse(name, 'needs a value with exactly one of isNull, booleanValue, longValue, ...');
  }
  const [kind, content] = member;
  if (kind === 'isNull') return bindNull(name, content, typeHint);
  if (kind === 'stringValue') return bindString(name, content, typeHint);
  if (typeHint !== undefined)
    throw refuse(name, `has type hint ${typeHint}, which needs a stringValue`);
  return bindTyped(name, kind, content);
}

function bindNull(name: string, content: unknown, typeHint: string | undefined): BoundValue {
  if (content !== true) throw refuse(name, 'has isNull, which can only be true');
  return { type: typeHint === undefined ? 0 : getHint(name, typeHint).type, value: null };
}

function bindString(name: string, content: unknown, typeHint: string | undefined): BoundValue {
  if (typeof content !== 'string') throw refuse(name, 'has a stringValue that is no string');
  if (typeHint === undefined) return { type: types.text, value: content };
  const hint = getHint(name, typeHint);
  if (hint.form !== undefined && !hint.form.test(content)) {
    throw refuse(name, `has type hint ${typeHint}, which needs the form ${hint.example ?? ''}`);
  }
  return { type: hint.type, value: content };
}

function getHint(name: string, typeHint: string) {
  const hint = hints[typeHint];
  if (hint !== undefined) return hint;
  throw refuse(
    name,
    `has the unknown type hint ${typeHint}; there are ${Object.keys(hints).join(', ')}`,
  );
}

function bindTyped(name: string, kind: string, content: unknown): BoundValue {
  switch (kind) {
    case 'booleanValue':
      if (typeof content === 'boolean') return { type: types.bool, value: String(content) };
      break;
    case 'longValue':
      if (Number.isInteger(content)) {
        return { type: types.int8, value: BigInt(content as number).toString() };
      }
      break;
    case 'doubleValue':
      if (isDouble(content)) return { type: types.float8, value: String(content) };
      break;
    case 'blobValue':
      if (typeof content === 'string') {
        const hex = Buffer.from(content, 'base64').toString('hex');
        return { type: types.bytea, value: `\\x${hex}` };
      }
      break;
    case 'arrayValue':
      throw refuse(name, 'is an array: Array parameters are not supported');
    default:
  }
  throw refuse(name, `has a ${kind} that is none`);
}

/** JSON has no word for these three, so they travel as strings. */
function isDouble(content: unknown): boolean {
  const words: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];
  return typeof content === 'number' || words.includes(content);
}

function refuse(name: string, reason: string): DataApiError {
  return new DataApiError(
    'BadRequestException',
    `Parameter "${name}" ${reason}.`.replace('..', '.'),
  );
}
