import type { AuditedTenant } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { compareDomains, compareSecrets } from './compare-secrets.ts';
import { compareTraces, type KnownTenants } from './compare-traces.ts';
import type { TenantTrace } from './tenant-traces.ts';

const id = 'aaaaaaaaaaaaaaaaaaaa';
const prefix = 'tenantry/dev/tenant/';
const dedicated = 'tenantry/dev/dedicated/';

function tenant(differences: Partial<AuditedTenant> = {}): AuditedTenant {
  return {
    id,
    slug: 'acme',
    status: 'active',
    isolation: 'schema',
    cluster: 'main',
    pool: null,
    secretArn: `arn:${id}`,
    hasDomain: true,
    isCustomers: false,
    ...differences,
  };
}

function trace(differences: Partial<TenantTrace> = {}): TenantTrace {
  return {
    id,
    hasRole: true,
    hasOwner: true,
    hasSchema: true,
    hasDatabase: false,
    canLogIn: true,
    isInGroup: true,
    seesOwnRoutes: false,
    mayUseSchema: true,
    pools: [],
    ...differences,
  };
}

const pooledTrace = { hasOwner: false, hasSchema: false, mayUseSchema: false } as const;

function known(before: AuditedTenant | undefined, after = before): KnownTenants {
  const toMap = (one: AuditedTenant | undefined) =>
    new Map(one === undefined ? [] : [[one.id, one]]);
  return { before: toMap(before), after: toMap(after) };
}

function compare(
  traces: readonly TenantTrace[],
  tenants: KnownTenants,
  cluster = 'main',
): string[] {
  return compareTraces({ cluster, database: 'tenantry', traces }, tenants).map(
    ({ code, object }) => `${code} ${object}`,
  );
}

test.each<readonly [string, Partial<AuditedTenant>, Partial<TenantTrace>]>([
  ['schema', {}, {}],
  [
    'database',
    { isolation: 'database' },
    { hasDatabase: true, hasSchema: false, mayUseSchema: false },
  ],
  ['table', { isolation: 'table', pool: 'main' }, { ...pooledTrace, pools: ['p_main'] }],
  [
    'dedicated, whose login reads shared here',
    { isolation: 'dedicated', cluster: id },
    { ...pooledTrace, seesOwnRoutes: true },
  ],
  ['schema on another cluster, whose login reads shared here', { cluster: 'east' }, pooledTrace],
  [
    'database at its customer, whose login reads shared here',
    { isolation: 'database', isCustomers: true },
    pooledTrace,
  ],
])('a tenant of isolation %s with what belongs to it is no finding', (_, row, found) => {
  expect(compare([trace(found)], known(tenant(row)))).toEqual([]);
});

test('a dedicated tenant has its schema on its own cluster, and sees its own routes at home, where nobody else does', () => {
  const alone = known(tenant({ isolation: 'dedicated', cluster: id }));
  expect(compare([trace()], alone, id)).toEqual([]);
  expect(compare([trace({ hasSchema: false })], alone, id)).toEqual([
    `MISSING_SCHEMA schema t_${id}`,
  ]);
  expect(compare([trace(pooledTrace)], alone)).toEqual([`MISSING_RIGHT role t_${id}`]);
  expect(compare([trace({ seesOwnRoutes: true })], known(tenant()))).toEqual([
    `MEMBERSHIP role t_${id}`,
  ]);
});

test('a tenant of isolation cache has nothing, and whatever stands under its id is left over', () => {
  const cached = tenant({ isolation: 'cache', secretArn: null });
  expect(compare([], known(cached))).toEqual([]);
  expect(compare([trace({ hasOwner: false, hasSchema: false })], known(cached))).toEqual([
    `ORPHAN_ROLE role t_${id}`,
  ]);
});

test('what nobody knows is left over: database, schema and both roles', () => {
  expect(compare([trace({ hasDatabase: true })], known(undefined))).toEqual([
    `ORPHAN_DATABASE database t_${id}`,
    `ORPHAN_SCHEMA schema t_${id}`,
    `ORPHAN_ROLE role t_${id}`,
    `ORPHAN_ROLE role o_${id}`,
  ]);
});

test.each([
  ['created', undefined, tenant({ status: 'provisioning' })],
  ['deleted', tenant({ status: 'deleting' }), tenant({ status: 'deleted' })],
])('a tenant that is %s while the audit looks is no finding', (_, before, after) => {
  expect(compare([trace()], known(before, after))).toEqual([]);
  expect(compare([], known(before, after))).toEqual([]);
});

test.each<readonly [string, Partial<AuditedTenant>, Partial<TenantTrace>, string]>([
  ['role', {}, { hasRole: false }, `MISSING_ROLE role t_${id}`],
  ['owner', {}, { hasOwner: false }, `MISSING_ROLE role o_${id}`],
  ['schema', {}, { hasSchema: false }, `MISSING_SCHEMA schema t_${id}`],
  [
    'database',
    { isolation: 'database' },
    { hasSchema: false },
    `MISSING_DATABASE database t_${id}`,
  ],
  ['login', {}, { canLogIn: false }, `MISSING_RIGHT role t_${id}`],
  ['membership', {}, { isInGroup: false }, `MISSING_RIGHT role t_${id}`],
  ['right on its schema', {}, { mayUseSchema: false }, `MISSING_RIGHT role t_${id}`],
  ['pool', { isolation: 'table', pool: 'main' }, pooledTrace, `MISSING_RIGHT role t_${id}`],
  [
    'own pool',
    { isolation: 'table', pool: 'main' },
    { ...pooledTrace, pools: ['p_other'] },
    `WRONG_POOL role t_${id}`,
  ],
])('an active tenant that lacks its %s is a finding', (_, row, found, finding) => {
  expect(compare([trace(found)], known(tenant(row)))).toEqual([finding]);
});

test('a suspended tenant that still has any right is a finding, and the repair takes all of them', () => {
  const suspended = known(tenant({ status: 'suspended' }));
  const closed = { canLogIn: false, isInGroup: false, mayUseSchema: false } as const;
  expect(compare([trace(closed)], suspended)).toEqual([]);
  for (const right of ['canLogIn', 'isInGroup', 'mayUseSchema'] as const) {
    expect(compare([trace({ ...closed, [right]: true })], suspended)).toEqual([
      `SUSPENDED_OPEN role t_${id}`,
    ]);
  }
});

test('nothing that drops data is ever repaired by itself', () => {
  const traces = [trace({ hasDatabase: true })];
  const found = compareTraces({ cluster: 'main', database: 'tenantry', traces }, known(undefined));
  expect(found.map(({ repair }) => repair?.isAutomatic)).toEqual([false, false, false, false]);
});

test('secrets without a tenant and tenants without their secret are named', () => {
  const stray = { name: `${prefix}bbbbbbbbbbbbbbbbbbbb`, arn: 'arn:b' };
  const own = { name: `${prefix}${id}`, arn: `arn:${id}` };
  const name = (secrets: readonly (typeof own)[], tenants: KnownTenants) =>
    compareSecrets(secrets, { shared: prefix, dedicated }, tenants).map(
      ({ code, object }) => `${code} ${object}`,
    );

  expect(name([own], known(tenant()))).toEqual([]);
  expect(name([own, stray], known(tenant()))).toEqual([`ORPHAN_SECRET secret ${stray.name}`]);
  expect(name([], known(tenant()))).toEqual([`MISSING_SECRET secret ${own.name}`]);
  expect(name([], known(tenant({ secretArn: null })))).toEqual([]);
  expect(name([own], known(tenant({ status: 'deleted' })))).toEqual([
    `ORPHAN_SECRET secret ${own.name}`,
  ]);
  expect(name([own], known(tenant({ status: 'failed' })))).toEqual([]);
  const alone = known(tenant({ isolation: 'dedicated' }));
  const elsewhere = { ...own, name: `${dedicated}${id}` };
  expect(name([elsewhere], alone)).toEqual([]);
  expect(name([], alone)).toEqual([`MISSING_SECRET secret ${elsewhere.name}`]);
  expect(name([elsewhere], known(tenant({ status: 'deleted' })))).toEqual([
    `ORPHAN_SECRET secret ${elsewhere.name}`,
  ]);
});

test('host names of deleted tenants, and active tenants without one, are named', () => {
  const name = (tenants: KnownTenants) => compareDomains(tenants).map(({ code }) => code);

  expect(name(known(tenant()))).toEqual([]);
  expect(name(known(tenant({ hasDomain: false })))).toEqual(['MISSING_DOMAIN']);
  expect(name(known(tenant({ status: 'deleted' })))).toEqual(['ORPHAN_DOMAIN']);
  expect(name(known(tenant(), tenant({ status: 'deleted' })))).toEqual([]);
});
