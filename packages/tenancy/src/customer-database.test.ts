import { expect, test } from 'vitest';
import { parseCreateTenantRequest } from './create-tenant-request.ts';
import { describeServer, parseCustomerDatabase } from './customer-database.ts';
import { parseCreationRows } from './parse-creation-rows.ts';

const adminSecretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:given';
const given = { host: 'DB.example.com', name: 'polls', user: 'app', adminSecretArn, isNew: true };

test('port 5432 and TLS stand in where nothing else is said', () => {
  expect(parseCustomerDatabase(given)).toEqual({
    ...given,
    host: 'db.example.com',
    port: 5432,
    tls: 'verify',
  });
});

test.each([
  ['localhost', 'off'],
  ['127.0.0.1', 'off'],
  ['::1', 'off'],
  ['128.0.0.1', 'verify'],
  ['localhost.example.com', 'verify'],
])('only this machine is reached without TLS unless somebody says so: %s', (host, tls) => {
  expect(parseCustomerDatabase({ ...given, host }).tls).toBe(tls);
  expect(parseCustomerDatabase({ ...given, host, tls: 'off' }).tls).toBe('off');
});

test.each([
  ['host', ''],
  ['host', 'https://db.example.com'],
  ['host', 'db.example.com:5432'],
  ['host', '/var/run/postgresql'],
  ['host', 'a b'],
  ['host', 'a'.repeat(254)],
  ['port', 0],
  ['port', 65_536],
  ['port', '5432'],
  ['port', 1.5],
  ['name', ''],
  ['name', 'postgres'],
  ['name', 'a'.repeat(64)],
  ['name', 'ä'.repeat(32)],
  ['name', 'a\nb'],
  ['user', ''],
  ['user', 'x'.repeat(64)],
  ['tls', 'prefer'],
  ['tlsCa', 'not a certificate'],
  ['tlsCa', '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----'],
  ['adminSecretArn', 'hunter2'],
  ['isNew', 'yes'],
])('a value that does not fit is refused by its field: %s %j', (field, value) => {
  expect(() => parseCustomerDatabase({ ...given, [field]: value })).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field: `database.${field}` }),
  );
});

test('a password in the place of the secret is refused without being shown', () => {
  expect(() => parseCustomerDatabase({ ...given, adminSecretArn: 'hunter2' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test('63 bytes are a name, whatever characters they are', () => {
  const name = `${'ä'.repeat(31)}x`;
  expect(parseCustomerDatabase({ ...given, name }).name).toBe(name);
});

test('a database goes with isolation database alone, with no cluster, and with one tenant at a time', () => {
  const request = { slug: 'acme', actor: 'test', database: given };
  const parse = (more: object) =>
    parseCreateTenantRequest({ ...request, ...more }, { baseDomain: 'localhost' });
  expect(parse({ isolation: 'database' }).database).toMatchObject({ name: 'polls' });
  expect(() => parse({ isolation: 'schema' })).toThrow(/only tenants of isolation database/);
  expect(() => parse({ isolation: 'database', cluster: 'two' })).toThrow(/customer's own server/);
  const row = { ...request, isolation: 'database', line: 3 };
  const { rows, problems } = parseCreationRows([row], { baseDomain: 'localhost', actor: 'test' });
  expect([rows, problems]).toMatchObject([[], [{ line: 3, field: 'database' }]]);
});

test('an address of version 6 is told from its port', () => {
  expect(describeServer({ host: '::1', port: 5432 })).toBe('[::1]:5432');
});
