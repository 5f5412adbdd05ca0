import { parseTenantId, type TenantsDatabase } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { compareCustomerSecrets } from './compare-customer-secrets.ts';
import type { ListedSecret } from './compare-secrets.ts';

const tenantId = parseTenantId('aaaaaaaaaaaaaaaaaaaa');
const prefix = 'tenantry/dev/database/';

const database: TenantsDatabase = {
  tenantId,
  host: 'db.example.com',
  port: 5432,
  tls: 'verify',
  name: 'acme',
  user: 'chief',
  adminSecretArn: 'arn:admin/one',
  migratorSecretArn: `arn:migrator/${tenantId}`,
  isNew: true,
  isBegun: true,
  isOurs: true,
};

function secret(name: string, ageMinutes = 120): ListedSecret {
  const createdAt = new Date(Date.now() - ageMinutes * 60_000);
  return { name: `${prefix}${name}`, arn: `arn:${name}`, createdAt };
}

const kept = [secret('admin/one'), secret(`migrator/${tenantId}`)];

function compare(
  secrets: readonly ListedSecret[],
  after: readonly TenantsDatabase[] = [database],
  before = after,
): string[] {
  return compareCustomerSecrets(secrets, { before, after }).map(
    ({ code, object, tenantId: id }) => `${code} ${object} ${id ?? '-'}`,
  );
}

test('the logins that tenants need at their servers are no finding', () => {
  expect(compare(kept)).toEqual([]);
});

test('a login that opens no database is named', () => {
  const left = secret('migrator/bbbbbbbbbbbbbbbbbbbb');
  expect(compare([...kept, secret('admin/two'), left])).toEqual([
    `ORPHAN_SECRET secret ${prefix}admin/two -`,
    `ORPHAN_SECRET secret ${prefix}migrator/bbbbbbbbbbbbbbbbbbbb bbbbbbbbbbbbbbbbbbbb`,
  ]);
});

test('a password that was just typed for a tenant to come is left alone', () => {
  expect(compare([...kept, secret('admin/two', 5)])).toEqual([]);
});

test('a login that was in use before or after the look is no orphan', () => {
  expect(compare(kept, [], [database])).toEqual([]);
  expect(compare(kept, [database], [])).toEqual([]);
});

test('a login that a tenant needs and that is gone is named, unless the tenant is only being made', () => {
  expect(compare([])).toEqual([
    `MISSING_SECRET secret arn:admin/one ${tenantId}`,
    `MISSING_SECRET secret arn:migrator/${tenantId} ${tenantId}`,
  ]);
  expect(compare([], [{ ...database, isBegun: false }])).toEqual([]);
});
