import { parseTenantId, type AuditedTenant, type AuditFinding } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { compareCustomerTraces } from './compare-customer-traces.ts';
import type { CustomerTrace } from './customer-traces.ts';

const id = parseTenantId('aaaaaaaaaaaaaaaaaaaa');
const other = 'bbbbbbbbbbbbbbbbbbbb';
const customer = {
  id,
  login: 'chief',
  server: { host: 'db.example.com', port: 5432 },
  database: 'acme',
  isOurs: true,
};

function tenant(differences: Partial<AuditedTenant> = {}): AuditedTenant {
  return {
    id,
    slug: 'acme',
    status: 'active',
    isolation: 'database',
    cluster: 'main',
    pool: null,
    secretArn: `arn:${id}`,
    hasDomain: true,
    isCustomers: true,
    ...differences,
  };
}

function trace(differences: Partial<CustomerTrace> = {}): CustomerTrace {
  const named = differences.id ?? id;
  return {
    id: named,
    roles: [`t_${named}`, `o_${named}`, `m_${named}`],
    hasSchema: true,
    databases: ['acme'],
    canLogIn: true,
    mayUseSchema: true,
    canMigrate: true,
    ...differences,
  };
}

function compare(
  traces: readonly CustomerTrace[],
  tenants: readonly AuditedTenant[] = [tenant()],
  before = tenants,
): AuditFinding[] {
  const toMap = (all: readonly AuditedTenant[]) => new Map(all.map((one) => [one.id, one]));
  return compareCustomerTraces(traces, customer, { before: toMap(before), after: toMap(tenants) });
}

const nameAll = (findings: readonly AuditFinding[]) =>
  findings.map(({ code, object, what }) => `${code} ${object}: ${what}`);

test('a tenant whose roles, schema and rights are on its server is no finding, nor is a neighbour', () => {
  expect(compare([trace(), trace({ id: other })])).toEqual([]);
  expect(compare([trace(), trace({ id: other })], [tenant(), tenant({ id: other })])).toEqual([]);
});

test('what an active tenant lacks on its server is named', () => {
  const missing = [
    `MISSING_ROLE role t_${id}: it does not exist`,
    `MISSING_ROLE role o_${id}: it does not exist`,
    `MISSING_ROLE role m_${id}: it does not exist`,
    `MISSING_SCHEMA schema t_${id}: it does not exist`,
  ];
  expect(nameAll(compare([]))).toEqual(missing);
  expect(nameAll(compare([trace({ roles: [`t_${id}`, `o_${id}`], hasSchema: false })]))).toEqual(
    missing.slice(2),
  );
});

test.each<[Partial<CustomerTrace>, string, string]>([
  [{ canLogIn: false }, 'it cannot log in', `alter role t_${id} login`],
  [
    { mayUseSchema: false },
    'it may not use its schema',
    `grant usage on schema t_${id} to t_${id}`,
  ],
  [
    { canMigrate: false },
    `it is no member of o_${id}, which it changes tables as`,
    `grant o_${id} to m_${id}`,
  ],
])(
  'a right that a tenant lost is given back by the login of its customer: %o',
  (lost, what, command) => {
    expect(compare([trace(lost)])).toMatchObject([
      {
        code: 'MISSING_RIGHT',
        cluster: 'db.example.com:5432',
        database: 'acme',
        tenantId: id,
        what,
        repair: { commands: [command], as: 'customer_login', isAutomatic: true },
      },
    ]);
  },
);

test('a suspended tenant that could still get in is shut out', () => {
  const suspended = [tenant({ status: 'suspended' })];
  expect(compare([trace({ canLogIn: false, mayUseSchema: false })], suspended)).toEqual([]);
  const [found, ...more] = compare([trace()], suspended);
  expect(more).toEqual([]);
  expect(found).toMatchObject({ code: 'SUSPENDED_OPEN', repair: { isAutomatic: true } });
  expect(found?.repair?.commands).toHaveLength(3);
});

const gone = tenant({ id: other, status: 'deleted', isCustomers: false });

test.each<[string, AuditedTenant]>([
  ['is deleted', gone],
  ['is on a cluster', tenant({ id: other, isCustomers: false })],
])(
  'what is left of a tenant that %s is named, and no repair drops it by itself',
  (_, elsewhere) => {
    const left = compare(
      [trace(), trace({ id: other, databases: ['the "old" one'] })],
      [tenant(), elsewhere],
    );
    expect(left.map(({ code, object }) => `${code} ${object}`)).toEqual([
      'ORPHAN_DATABASE database the "old" one',
      `ORPHAN_SCHEMA schema t_${other}`,
      `ORPHAN_ROLE role t_${other}`,
      `ORPHAN_ROLE role o_${other}`,
      `ORPHAN_ROLE role m_${other}`,
    ]);
    expect(left.map(({ repair, tenantId }) => [repair?.isAutomatic, tenantId])).toEqual(
      left.map(() => [false, other]),
    );
    expect(left[0]?.repair?.commands).toEqual(['drop database "the ""old"" one" with (force)']);
  },
);

test('who is deleted during the look, and who belongs to another deployment, has left nothing', () => {
  const traces = [trace(), trace({ id: other })];
  expect(compare(traces, [tenant(), gone], [tenant(), tenant({ id: other })])).toEqual([]);
  expect(compare(traces, [tenant()])).toEqual([]);
});
