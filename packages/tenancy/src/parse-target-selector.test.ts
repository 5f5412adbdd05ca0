import { expect, test } from 'vitest';
import { parseTargetSelector } from './parse-target-selector.ts';

const codeOf = (value: unknown): unknown => {
  try {
    return parseTargetSelector(value);
  } catch (error) {
    const { code, field } = error as { code?: string; field?: string };
    return field === undefined ? code : `${code} ${field}`;
  }
};

test.each([
  [{}, 'NO_TARGETS_SELECTED'],
  [{ exclude: ['acme'] }, 'NO_TARGETS_SELECTED'],
  [{ scopes: ['tenant'] }, 'NO_TARGETS_SELECTED'],
  [{ scopes: ['shared', 'tenant'] }, 'NO_TARGETS_SELECTED'],
  [undefined, 'TENANT_INPUT_INVALID selector'],
  [['acme'], 'TENANT_INPUT_INVALID selector'],
  [{ everybody: true }, 'TENANT_INPUT_INVALID selector.everybody'],
  [{ all: false }, 'TENANT_INPUT_INVALID all'],
  [{ tenants: [] }, 'TENANT_INPUT_INVALID tenants'],
  [{ tenants: 'acme' }, 'TENANT_INPUT_INVALID tenants'],
  [{ all: true, exclude: [''] }, 'TENANT_INPUT_INVALID exclude'],
  [{ scopes: ['catalog'] }, 'TENANT_INPUT_INVALID scopes'],
  [{ sample: 0 }, 'TENANT_INPUT_INVALID sample'],
  [{ sample: '5' }, 'TENANT_INPUT_INVALID sample'],
  [{ where: {} }, 'TENANT_INPUT_INVALID where'],
  [{ where: { plan: 5 } }, 'TENANT_INPUT_INVALID where.plan'],
  [{ behind: '' }, 'TENANT_INPUT_INVALID behind'],
  [{ failedIn: 7 }, 'TENANT_INPUT_INVALID failedIn'],
])('the selector %j is refused with %s', (selector, code) => {
  expect(codeOf(selector)).toBe(code);
});

test.each([
  [{ all: true }],
  [{ tenants: ['acme', 'globex'], exclude: ['globex'] }],
  [{ where: { plan: 'pro' }, behind: true }],
  [{ behind: 'polls/0002_x', sample: 3 }],
  [{ failedIn: 'run_1' }],
  [{ scopes: ['shared'] }],
  [{ scopes: ['shared', 'site', 'tenant'], all: true }],
])('the selector %j is taken as it is', (selector) => {
  expect(parseTargetSelector(selector)).toEqual(selector);
});

test('a name that is given twice counts once', () => {
  expect(parseTargetSelector({ tenants: ['acme', 'acme'] })).toEqual({ tenants: ['acme'] });
});

test('more names than a workflow can carry are refused', () => {
  const tenants = Array.from({ length: 20_000 }, (_, index) => `tenant-${index}`);
  expect(codeOf({ tenants })).toBe('TENANT_INPUT_INVALID tenants');
});
