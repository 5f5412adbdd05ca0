import type { KnownTenants } from '@tenantry/database';
import type { AuditedTenant } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { compareStacks } from './compare-stacks.ts';

const prefix = 'tenantry-prod-t-';
const id = 'aaaaaaaaaaaaaaaaaaaa';
const name = `${prefix}${id}`;

function tenant(differences: Partial<AuditedTenant> = {}): AuditedTenant {
  return {
    id,
    slug: 'acme',
    status: 'active',
    isolation: 'dedicated',
    cluster: id,
    pool: null,
    secretArn: 'arn',
    hasDomain: true,
    isCustomers: false,
    ...differences,
  };
}

function known(before: AuditedTenant, after: AuditedTenant = before): KnownTenants {
  return { before: new Map([[id, before]]), after: new Map([[id, after]]) };
}

function compare(names: readonly string[], tenants: KnownTenants): string[] {
  return compareStacks(names, prefix, tenants).map(({ code, object }) => `${code} ${object}`);
}

test('a dedicated tenant and its stack belong together', () => {
  expect(compare([name], known(tenant()))).toEqual([]);
  expect(compare([], known(tenant()))).toEqual([`MISSING_STACK stack ${name}`]);
  expect(compare([], known(tenant({ status: 'suspended' })))).toHaveLength(1);
  expect(compare([], known(tenant({ isolation: 'schema' })))).toEqual([]);
});

test.each<readonly [string, Partial<AuditedTenant>]>([
  ['is deleted', { status: 'deleted' }],
  ['could not be made', { status: 'failed' }],
  ['was made otherwise in the end', { isolation: 'schema' }],
])('the stack of a tenant that %s is a leftover', (_, row) => {
  expect(compare([name], known(tenant(row)))).toEqual([`ORPHAN_STACK stack ${name}`]);
});

test('who is being made or deleted during the look is no finding', () => {
  const provisioning = tenant({ status: 'provisioning' });
  const deleting = tenant({ status: 'deleting' });
  expect(compare([name], known(provisioning))).toEqual([]);
  expect(compare([], known(provisioning, tenant()))).toEqual([]);
  expect(compare([name], known(deleting, tenant({ status: 'deleted' })))).toEqual([]);
  expect(compare([], known(tenant(), deleting))).toEqual([]);
});
