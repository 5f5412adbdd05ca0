import { expect, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { isolationChoices } from './isolation-choices.ts';
import { refuse, runAgainst, tenantView } from './testing/fake-system.ts';

const acme = tenantView();
const thor = tenantView({
  slug: 'thor',
  name: 'Thor',
  domains: ['thor.localhost', 'thor.example.com'],
});

test('tenant list --json is one line with version and tenants', async () => {
  const { exitCode, stdout, stderr } = await runAgainst({ tenants: [acme, thor] }, [
    'tenant',
    'list',
    '--json',
  ]);

  expect(exitCode).toBe(exitCodes.ok);
  expect(stderr).toBe('');
  expect(stdout.endsWith('}\n')).toBe(true);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual({
    v: 1,
    tenants: [
      {
        id: '0123456789acme',
        slug: 'acme',
        name: 'ACME',
        status: 'active',
        isolation: 'schema',
        pool: null,
        cluster: 'main',
        stack: null,
        domains: ['acme.localhost'],
        version: 'polls/0002_votes',
        suspension: null,
      },
      {
        id: '0123456789thor',
        slug: 'thor',
        name: 'Thor',
        status: 'active',
        isolation: 'schema',
        pool: null,
        cluster: 'main',
        stack: null,
        domains: ['thor.localhost', 'thor.example.com'],
        version: 'polls/0002_votes',
        suspension: null,
      },
    ],
  });
});

test('tenant list names the stage and shows a line a tenant', async () => {
  const { stdout } = await runAgainst({ tenants: [acme, thor] }, 'tenant list');

  expect(stdout).toBe(`local · us-east-1 · 2 tenants

SLUG  NAME  STATUS    ISOLATION  VERSION           DOMAIN
acme  ACME  ● active  schema     polls/0002_votes  acme.localhost
thor  Thor  ● active  schema     polls/0002_votes  thor.localhost +1
`);
});

test('tenant list -o csv quotes what a comma would break', async () => {
  const comma = tenantView({ name: 'ACME, "Inc"' });
  const { stdout } = await runAgainst({ tenants: [comma] }, 'tenant list -o csv');

  expect(stdout.split('\n')[1]).toBe(
    'acme,"ACME, ""Inc""",active,schema,polls/0002_votes,acme.localhost',
  );
});

test('tenant show finds a tenant by slug and by id', async () => {
  const bySlug = await runAgainst({ tenants: [acme] }, 'tenant show acme --json');
  const byId = await runAgainst({ tenants: [acme] }, ['tenant', 'show', acme.id, '--json']);

  expect(bySlug.stdout).toBe(byId.stdout);
  expect(JSON.parse(bySlug.stdout)).toMatchObject({ v: 1, tenant: { slug: 'acme' } });
});

test('a failed tenant is shown with step, error and SQLSTATE', async () => {
  const failure = {
    step: 'migrate',
    error: 'MigrationFailedError',
    sqlstate: '23502',
    message: 'null value in column "due_on"',
  };
  const failed = tenantView({ status: 'failed', failure });
  const { stdout } = await runAgainst({ tenants: [failed] }, 'tenant show acme');

  expect(stdout).toContain(
    'failure    step migrate: MigrationFailedError (SQLSTATE 23502): null value in column "due_on"',
  );
});

test('an unknown tenant ends with 6 and the slug that was meant', async () => {
  const { exitCode, stdout, stderr } = await runAgainst({ tenants: [acme] }, [
    'tenant',
    'show',
    'acmee',
  ]);

  expect(exitCode).toBe(exitCodes.notFound);
  expect(stdout).toBe('');
  expect(stderr).toBe(`✕ TENANT_NOT_FOUND  No tenant "acmee" in stage local. Did you mean acme?
  do       tenantry tenant show acme
           tenantry tenant create acmee --name NAME --yes
           tenantry tenant list
`);
});

test('an unknown tenant like no other is told to be created first', async () => {
  const { exitCode, stderr } = await runAgainst({ tenants: [acme] }, [
    'tenant',
    'show',
    'globex',
    '--json',
  ]);

  expect(exitCode).toBe(exitCodes.notFound);
  expect(JSON.parse(stderr)).toEqual({
    v: 1,
    error: {
      code: 'TENANT_NOT_FOUND',
      message: 'No tenant "globex" in stage local. Create it first.',
      next: ['tenantry tenant create globex --name NAME --yes', 'tenantry tenant list'],
    },
  });
});

test.each([
  { argv: ['tenant', 'shw', 'acme'], says: '(Did you mean show?)' },
  { argv: ['tenant', 'create', 'acme', '--nmae', 'x'], says: '(Did you mean --name?)' },
  { argv: ['tenant', 'show'], says: "missing required argument 'tenant'" },
  { argv: ['tenant', 'list', '-o', 'yaml'], says: 'Allowed choices are table, json, ndjson, csv' },
  { argv: ['dev', '--port', '99999'], says: 'A port is a number from 0 to 65535' },
  { argv: ['tenant', 'show', 'a', 'b'], says: 'too many arguments' },
])('$argv is a usage error that says $says', async ({ argv, says }) => {
  const { exitCode, stdout, stderr, calls } = await runAgainst({}, argv);

  expect(exitCode).toBe(exitCodes.usage);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^✕ USAGE /);
  expect(stderr).toContain(says);
  expect(calls).toEqual([]);
});

test('a usage error under --json is JSON too', async () => {
  const { exitCode, stderr } = await runAgainst({}, 'tenant shw --json');

  expect(exitCode).toBe(exitCodes.usage);
  expect(JSON.parse(stderr)).toMatchObject({ v: 1, error: { code: 'USAGE' } });
});

test('a command group without a command shows its help and is a usage error', async () => {
  const { exitCode, stderr } = await runAgainst({}, 'tenant');

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('Usage: tenantry tenant');
});

test.each([
  [['--help']],
  [['tenant', '--help']],
  [['tenant', 'create', '--help']],
  [['--version']],
])('%j is answered on standard output with 0', async (argv) => {
  const { exitCode, stdout, stderr } = await runAgainst({}, argv);

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).not.toBe('');
  expect(stderr).toBe('');
});

test('help states the exit codes, and the trade-off of each isolation type', async () => {
  const general = await runAgainst({}, '--help');
  const create = await runAgainst({}, 'tenant create --help');

  expect(general.stdout).toContain('4 input needed, 5 some tenants failed, 6 not found');
  const help = create.stdout.replaceAll(/\s+/g, ' ');
  for (const [type, { tradeOff }] of Object.entries(isolationChoices))
    expect(help).toContain(` ${type} ${tradeOff} `);
});

test.each([
  ['TENANT_EXISTS', exitCodes.conflict],
  ['DOMAIN_TAKEN', exitCodes.conflict],
  ['TENANT_BUSY', exitCodes.conflict],
  ['TENANT_INPUT_INVALID', exitCodes.usage],
  ['ISOLATION_UNKNOWN', exitCodes.usage],
  ['DATABASE_UNAVAILABLE', exitCodes.failed],
  ['INTERNAL', exitCodes.failed],
] as const)('the control function says %s and the command ends with %i', async (code, expected) => {
  const answers = {
    'create-tenant': refuse({ code, message: 'no', next: 'tenantry tenant list' }),
  };
  const { exitCode, stderr } = await runAgainst(
    { answers },
    'tenant create acme --name ACME --yes --json',
  );

  expect(exitCode).toBe(expected);
  expect(JSON.parse(stderr)).toEqual({
    v: 1,
    error: { code, message: 'no', next: ['tenantry tenant list'] },
  });
});

test('an error that nobody foresaw is one line, and with --debug has its stack', async () => {
  const answers = {
    'list-tenants': () => {
      throw new Error('broken');
    },
  };
  const short = await runAgainst({ answers }, 'tenant list');
  const long = await runAgainst({ answers }, 'tenant list --debug');

  expect(short.exitCode).toBe(exitCodes.failed);
  expect(short.stderr).toBe('✕ INTERNAL  broken\n  do       run the command again with --debug\n');
  expect(long.stderr).toContain('Error: broken\n    at ');
});

test.each([
  [
    ['createtenant', 'acme', '--name', 'ACME', '--yes'],
    'tenantry tenant create acme --name ACME --yes',
  ],
  [['showtenants', '--format', 'json'], 'tenantry tenant list --output json'],
])("%j runs as today's command and prints it once", async (argv, form) => {
  const { exitCode, stdout, stderr } = await runAgainst({ tenants: [acme] }, argv);

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain('acme');
  expect(stderr.split('\n')[0]).toBe(`this is now: ${form}`);
  expect(stderr.split('is now')).toHaveLength(2);
});
