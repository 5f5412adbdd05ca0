import { NoTargetsSelectedError } from './run-errors.ts';
import { TenantInputError } from './errors.ts';
import type { TargetScope, TargetSelector } from './targets.ts';

const scopes: readonly TargetScope[] = ['shared', 'site', 'tenant'];
const next = 'tenantry targets --all';
/** A workflow's input has at most 256 KiB. */
const maxLength = 200_000;

const parsers = {
  scopes: (value: unknown) => parseList('scopes', value).map(parseScope),
  all: parseAll,
  tenants: (value: unknown) => parseList('tenants', value),
  where: parseWhere,
  behind: (value: unknown) => (value === true ? true : parseText('behind', value)),
  failedIn: (value: unknown) => parseText('failedIn', value),
  sample: parseSample,
  exclude: (value: unknown) => parseList('exclude', value),
} satisfies Record<keyof TargetSelector, (value: unknown) => unknown>;

const choosing = ['all', 'tenants', 'where', 'behind', 'failedIn', 'sample'] as const;

/**
 * A selector made of what a person or program asked for. Throws `TenantInputError` naming the field that does not fit, and
 * `NoTargetsSelectedError` when nothing says which tenants are meant.
 */
export function parseTargetSelector(value: unknown): TargetSelector {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TenantInputError('selector', 'must be an object', next);
  }
  const entries = Object.entries(value).filter(([, given]) => given !== undefined);
  const parsed = entries.map(([field, given]) => [field, parseField(field, given)] as const);
  const selector = Object.fromEntries(parsed) as TargetSelector;
  if (JSON.stringify(selector).length > maxLength) {
    throw new TenantInputError('tenants', 'are too many to name; select them by a field', next);
  }
  const isChosen = choosing.some((field) => selector[field] !== undefined);
  if (!isChosen && picksTenants(selector)) throw new NoTargetsSelectedError();
  return selector;
}

/** Whether a selector picks tenants at all, and not only the schemas that exist once. */
export function picksTenants(selector: TargetSelector): boolean {
  return selector.scopes === undefined || selector.scopes.includes('tenant');
}

function parseField(field: string, value: unknown): unknown {
  if (!Object.hasOwn(parsers, field)) {
    const known = Object.keys(parsers).join(', ');
    throw new TenantInputError(`selector.${field}`, `is unknown; there are ${known}`, next);
  }
  return parsers[field as keyof TargetSelector](value);
}

function parseText(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= 200) return value;
  throw new TenantInputError(field, 'must be a text of 1 to 200 characters', next);
}

function parseList(field: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TenantInputError(field, 'must be a list of at least one', next);
  }
  return [...new Set(value.map((entry: unknown) => parseText(field, entry)))];
}

function parseScope(value: string): TargetScope {
  const scope = scopes.find((known) => known === value);
  if (scope === undefined) {
    throw new TenantInputError('scopes', `"${value}" is none of ${scopes.join(', ')}`, next);
  }
  return scope;
}

function parseAll(value: unknown): true {
  if (value !== true) throw new TenantInputError('all', 'must be true or left out', next);
  return true;
}

function parseSample(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new TenantInputError('sample', 'must be a whole number above 0', next);
}

function parseWhere(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    throw new TenantInputError('where', 'must name at least one field and its value', next);
  }
  return Object.fromEntries(
    Object.entries(value).map(([field, wanted]) => [
      parseText('where', field),
      parseText(`where.${field}`, wanted),
    ]),
  );
}
