import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { TenantView } from '@tenantry/tenancy';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { refuse, runAgainst, tenantView } from '../testing/fake-system.ts';

const enter = '\r';
const down = '\u001B[B';
const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:given';
const secrets = mockClient(SecretsManagerClient);

beforeEach(() => {
  secrets.reset();
  secrets.on(CreateSecretCommand).resolves({ ARN: arn });
  secrets.on(DeleteSecretCommand).resolves({});
});
afterAll(() => secrets.restore());

const server = { host: 'db.example.com', port: 5432, tls: 'verify', user: 'app', secretArn: arn };
const acme = tenantView({
  isolation: 'database',
  database: { name: 'polls', server: server as never },
});
const flags = '--db-host db.example.com --db-name polls --db-user app --db-password-stdin';
const create = `tenant create acme --name ACME --isolation database ${flags} --create-database --yes`;
const input = 'hunter2-hunter2\n';

/** Everything that was said or sent but to Secrets Manager. */
const textOf = (result: object) => JSON.stringify(result);

test('a person brings a database: an empty port is 5432, and the password goes into a secret alone and is never shown', async () => {
  const typed = ['db.example.com', enter, enter, 'polls', enter, 'app', enter, 'hunter2', enter];
  const result = await runAgainst(
    { tenants: [acme], isTerminal: true },
    'tenant create acme --name ACME --isolation database --domain a.localhost --plan pro',
    [down, enter, ...typed, enter, enter, enter],
  );

  expect(result.exitCode).toBe(exitCodes.ok);
  const database = { host: 'db.example.com', name: 'polls', user: 'app', isNew: true };
  expect(result.calls[0]?.input).toMatchObject({
    isolation: 'database',
    database: { ...database, adminSecretArn: arn },
    migrate: true,
  });
  expect(result.calls[0]?.input).not.toHaveProperty('database.port');
  const [created] = secrets.commandCalls(CreateSecretCommand);
  const { SecretString } = created?.args[0].input ?? {};
  expect(SecretString).toBe('{"username":"app","password":"hunter2"}');
  expect(textOf(result)).not.toContain('hunter2');
  expect(result.stdout).toContain('polls at db.example.com:5432, as role t_0123456789acme');
  expect(result.stderr).toContain(
    'printenv DB_PASSWORD | tenantry tenant create acme --name ACME --isolation database --db-host db.example.com --db-name polls --db-user app --db-password-stdin --create-database',
  );
});

test("a person who takes the platform's cluster is asked nothing about a database", async () => {
  const { exitCode, calls } = await runAgainst(
    { tenants: [acme], isTerminal: true },
    'tenant create acme --name ACME --isolation database --domain a.localhost --plan pro',
    [enter, enter, enter],
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls[0]?.input).not.toHaveProperty('database');
});

test('under another isolation nothing about a database is asked', async () => {
  const { exitCode, calls } = await runAgainst(
    { tenants: [tenantView()], isTerminal: true },
    'tenant create acme --name ACME --isolation schema --domain a.localhost --plan pro',
    [enter, enter],
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls[0]?.input).not.toHaveProperty('database');
});

test('a port that is none is refused where it is typed', async () => {
  const { calls } = await runAgainst(
    { tenants: [acme], isTerminal: true },
    `tenant create acme --name ACME --domain a.localhost --plan pro --db-host h --db-name polls --db-user app --create-database`,
    ['99999', enter, '\u007F', enter, 'hunter2', enter, enter, enter],
  );

  expect(calls[0]?.input).toMatchObject({ database: { port: 9999 } });
});

test('flags say the same without questions, and imply the isolation', async () => {
  const words = create
    .replace(' --isolation database', '')
    .replace('--create-database', '--no-create-database --db-port 6432 --db-tls off');
  const result = await runAgainst({ tenants: [acme], input }, words);

  expect(result.exitCode).toBe(exitCodes.ok);
  expect(result.calls[0]?.input).toMatchObject({
    isolation: 'database',
    database: { host: 'db.example.com', port: 6432, tls: 'off', isNew: false },
  });
  expect(textOf(result)).not.toContain('hunter2');
});

test('without a terminal everything missing about the database is listed at once', async () => {
  const { exitCode, stderr, calls } = await runAgainst(
    {},
    'tenant create acme --name ACME --db-host h --yes',
  );

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(stderr).toContain(
    'missing  --db-name NAME   --db-user USER   --db-password-stdin   --create-database or --no-create-database',
  );
  expect(calls).toEqual([]);
});

test('standard input without a password makes nothing', async () => {
  const { exitCode, calls } = await runAgainst({ input: '' }, create);

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(calls).toEqual([]);
  expect(secrets.calls()).toEqual([]);
});

test.each([
  ['--isolation schema --db-host h', 'under isolation database only'],
  ['--isolation database --db-host h --no-provision', 'prepared when the tenant is made'],
  ['--isolation database --db-port 0', 'a port is a number from 1 to 65535'],
])('flags that contradict each other are a usage error: %s', async (words, reason) => {
  const { exitCode, stderr, calls } = await runAgainst(
    {},
    `tenant create acme --name ACME ${words} --yes`,
  );

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain(reason);
  expect(calls).toEqual([]);
});

test("the certificate of a server's authority is read from its file, and a file that is not there is told", async () => {
  const file = join(import.meta.dirname, 'customer-database.test.ts');
  const given = await runAgainst({ tenants: [acme], input }, `${create} --db-tls-ca ${file}`);
  const missing = await runAgainst({ input }, `${create} --db-tls-ca nowhere.pem`);

  expect(given.calls[0]?.input).toMatchObject({
    database: { tlsCa: expect.stringContaining("certificate of a server's authority") },
  });
  expect(missing.exitCode).toBe(exitCodes.usage);
  expect(missing.stderr).toContain('"nowhere.pem" cannot be read (ENOENT)');
  expect(missing.calls).toEqual([]);
});

test.each<[string, Parameters<typeof runAgainst>[0], number]>([
  [
    'is refused',
    { answers: { 'create-tenant': refuse({ code: 'TENANT_EXISTS', message: '' }) } },
    1,
  ],
  ['fails and is undone', { tenants: [failed(null)], outcome: { status: 'FAILED' } }, 1],
  [
    'fails and leaves something',
    { tenants: [failed(acme.database)], outcome: { status: 'FAILED' } },
    0,
  ],
  ['succeeds', { tenants: [acme] }, 0],
  [
    'goes on after Ctrl-C',
    { tenants: [failed(null)], looks: 1, interrupted: AbortSignal.abort() },
    0,
  ],
])(
  'the password stays in its secret only while a tenant needs it: creation %s',
  async (_, options, deletions) => {
    await runAgainst({ ...options, input }, create);

    expect(secrets.commandCalls(DeleteSecretCommand)).toHaveLength(deletions);
  },
);

function failed(database: TenantView['database']): TenantView {
  const failure = { step: 'provision', error: 'ServerRefusedError', sqlstate: null, message: 'no' };
  return tenantView({ status: 'failed', isolation: 'database', database, failure });
}

test('what the server refused is told with its code and the command to type again', async () => {
  const { exitCode, stderr } = await runAgainst(
    { tenants: [failed(null)], outcome: { status: 'FAILED' }, input },
    create,
  );

  expect(exitCode).toBe(exitCodes.failed);
  expect(stderr).toContain(
    '✕ SERVER_REFUSED  Could not create tenant "acme": step provision failed.',
  );
  expect(stderr).toContain('do       printenv DB_PASSWORD | tenantry tenant create acme');
});
