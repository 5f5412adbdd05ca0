import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst, tenantView } from '../testing/fake-system.ts';
import { listQuestions } from './create-tenant-questions.ts';

const acme = tenantView();
const create = 'tenant create acme --name ACME --yes';

test('--json prints the active tenant in one line and nothing else', async () => {
  const { exitCode, stdout, stderr } = await runAgainst({ tenants: [acme] }, `${create} --json`);

  expect(exitCode).toBe(exitCodes.ok);
  expect(stderr).toBe('');
  expect(stdout).toBe(
    '{"v":1,"tenant":{"id":"0123456789acme","slug":"acme","name":"ACME","status":"active","isolation":"schema","pool":null,"cluster":"main","stack":null,"domains":["acme.localhost"],"version":"polls/0002_votes","suspension":null}}\n',
  );
});

test('flags become the request, and what no flag said is left to the control function', async () => {
  const flags =
    '--isolation schema --domain acme.example.com --plan pro --field seats=5 --field trial=true --field code=007 --no-migrate';
  const full = await runAgainst({ tenants: [acme] }, `${create} ${flags}`);
  const bare = await runAgainst({ tenants: [acme] }, create);

  expect(full.calls[0]).toEqual({
    action: 'create-tenant',
    input: {
      slug: 'acme',
      name: 'ACME',
      isolation: 'schema',
      domain: 'acme.example.com',
      migrate: false,
      fields: { plan: 'pro', seats: 5, trial: true, code: '007' },
      actor: 'operator@example.com',
    },
  });
  expect(bare.calls[0]?.input).toEqual({
    slug: 'acme',
    name: 'ACME',
    fields: {},
    actor: 'operator@example.com',
  });
});

test('each step of the workflow is a line on standard error; tenant, database, migrations and readiness on standard output', async () => {
  const states = [
    { name: 'reserve', seconds: 0.1, hasFailed: false },
    { name: 'verify', seconds: 0.25, hasFailed: true },
  ];
  const { stdout, stderr } = await runAgainst({ tenants: [acme], states }, create);

  expect(stderr).toMatch(/^✓ 1\/7 slug and domain reserved +0\.1 s$/m);
  expect(stderr).toMatch(/^✕ 6\/7 check: signs in, reads, sees no other tenant: failed +0\.3 s$/m);
  expect(stdout).toMatch(/^tenant {6}acme \(0123456789acme\), ACME$/m);
  expect(stdout).toMatch(/^database {4}schema t_0123456789acme, its own role and secret$/m);
  expect(stdout).toMatch(/^migrations {2}at polls\/0002_votes$/m);
  expect(stdout).toMatch(/^acme is active, ready in \d+\.\d s$/m);
});

test('a dedicated tenant has the steps of its launch, and a line whenever it waits for something else', async () => {
  const stack = 'tenantry-local-t-0123456789acme';
  const tenant = tenantView({ isolation: 'dedicated', cluster: '0123456789acme', stack });
  const waits = (message: string) => ({ error: 'ApplicationLaunchingError', message });
  const { stdout, stderr } = await runAgainst(
    {
      tenants: [tenant],
      states: [{ name: 'await-launch', seconds: 600, hasFailed: false }],
      failedTries: [
        waits('made since eight, at a cluster'),
        waits('made since eight, at a cluster'),
        waits('made since eight, at an instance'),
        { error: 'DatabaseUnavailableError', message: 'it wakes up' },
      ],
    },
    `${create} --isolation dedicated`,
  );

  expect(stderr.match(/^… .*$/gm)).toEqual([
    '… made since eight, at a cluster',
    '… made since eight, at an instance',
  ]);
  expect(stderr).toMatch(/^✓ 4\/9 own cluster and application made +600\.0 s$/m);
  expect(stdout).toContain(`a cluster of its own in stack ${stack}, as role t_0123456789acme`);
});

test('without a terminal everything missing is listed at once, with 4 and no call', async () => {
  const { exitCode, stdout, stderr, calls } = await runAgainst({}, 'tenant create');

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(stdout).toBe('');
  expect(calls).toEqual([]);
  expect(stderr).toBe(`✕ INPUT_NEEDED  Input needed, but nobody can be asked here (no terminal).
  missing  SLUG (first argument)   --name NAME   --yes
  do       tenantry tenant create SLUG --name NAME --isolation schema --yes
`);
});

test.each([
  { flag: '--no-input', env: {}, why: '--no-input' },
  { flag: '--json', env: { CI: 'true' }, why: 'CI is set' },
])('a terminal is not asked when $why', async ({ flag, env, why }) => {
  const { exitCode, stderr } = await runAgainst(
    { isTerminal: true, env },
    `tenant create acme --json ${flag}`,
  );

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(JSON.parse(stderr)).toEqual({
    v: 1,
    error: {
      code: 'INPUT_NEEDED',
      message: `Input needed, but nobody can be asked here (${why}).`,
      missing: ['--name NAME', '--yes'],
      next: ['tenantry tenant create SLUG --name NAME --isolation schema --yes'],
    },
  });
});

test('a person is asked for what is missing, and told the same without questions', async () => {
  const enter = '\r';
  const { exitCode, calls, stderr } = await runAgainst(
    { tenants: [acme], isTerminal: true },
    'tenant create --isolation schema --plan pro',
    ['acme', enter, 'ACME Corporation', enter, enter, enter, enter],
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls[0]?.input).toMatchObject({
    slug: 'acme',
    name: 'ACME Corporation',
    isolation: 'schema',
    migrate: true,
    fields: { plan: 'pro' },
  });
  expect(stderr).toContain(
    "tenantry tenant create acme --name 'ACME Corporation' --isolation schema --field plan=pro --yes",
  );
});

test('who only presses enter gets the recommended isolation', async () => {
  const { exitCode, stderr, calls } = await runAgainst(
    { tenants: [acme], isTerminal: true },
    'tenant create acme --name ACME --domain a.localhost --plan pro',
    ['\r', '\r', '\r'],
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(stderr).toContain('recommended');
  expect(calls[0]?.input).toMatchObject({ isolation: 'schema', migrate: true });
});

test.each([
  ['table', ['free', '\r', '\r', '\r'], { isolation: 'table', pool: 'free', migrate: true }],
  ['table', ['\r', '\r', '\r'], { isolation: 'table', migrate: true }],
  ['cache', ['\r'], { isolation: 'cache' }],
])(
  'whose tables are shared and whether to migrate is asked only where there are such: %s %j',
  async (isolation, keys, request) => {
    const { exitCode, calls } = await runAgainst(
      { tenants: [acme], isTerminal: true },
      `tenant create acme --name ACME --isolation ${isolation} --domain a.localhost --plan pro`,
      keys,
    );
    const input = calls[0]?.input ?? {};
    const { slug, name, domain, fields, actor, ...asked } = input as Record<string, unknown>;

    expect(exitCode).toBe(exitCodes.ok);
    expect([slug, name, domain, fields, actor]).not.toContain(undefined);
    expect(asked).toEqual(request);
  },
);

test.each([
  [
    { isolation: 'table', pool: 'free' },
    /^database {4}tables of pool free, as role t_0123456789acme with its own secret$/m,
  ],
  [
    { isolation: 'cache', version: null },
    /^database {4}none, only a cache of its own name space\nmigrations {2}nothing to migrate$/m,
  ],
])('a new tenant is told what holds its data: %j', async (differences, line) => {
  const { stdout } = await runAgainst({ tenants: [tenantView(differences)] }, create);

  expect(stdout).toMatch(line);
});

test('a tenant that is only recorded stays what it was asked to be, by the command that makes the rest', async () => {
  const recorded = tenantView({ isolation: 'table', pool: 'free' });
  const { stderr } = await runAgainst(
    { answers: { 'record-tenant': () => ({ tenant: recorded }) } },
    'tenant create acme --name ACME --isolation table --pool free --no-provision --yes',
  );

  expect(stderr).toContain(
    'do  tenantry tenant create acme --name ACME --isolation table --pool free --yes',
  );
});

test('a person who answers no has created nothing', async () => {
  const { exitCode, calls, stderr } = await runAgainst(
    { isTerminal: true },
    'tenant create acme --name ACME --isolation schema --domain a.localhost --plan x --no-migrate',
    ['n', '\r'],
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls).toEqual([]);
  expect(stderr).toContain('Nothing was created.');
});

test('Ctrl-C at a question ends with 130 and no call', async () => {
  const { exitCode, calls } = await runAgainst(
    { isTerminal: true },
    ['tenant', 'create'],
    ['\u0003'],
  );

  expect(exitCode).toBe(exitCodes.interrupted);
  expect(calls).toEqual([]);
});

test('questions come in a fixed order and each has a flag of the command', async () => {
  const questions = listQuestions({}, false, () => undefined);
  const { stdout: help } = await runAgainst({}, 'tenant create --help');

  expect(questions.map((question) => question.name)).toEqual([
    'slug',
    'name',
    'isolation',
    'pool',
    'place',
    'dbHost',
    'dbPort',
    'dbName',
    'dbUser',
    'dbPassword',
    'createDatabase',
    'domain',
    'plan',
    'migrate',
    'isConfirmed',
  ]);
  for (const { flag } of questions.slice(1)) expect(help).toContain(flag.split(' ')[0]);
});

test('--yes asks for nothing that has a default', () => {
  const questions = listQuestions({ slug: 'acme' }, true, () => undefined);

  expect(questions.map((question) => question.name)).toEqual(['name']);
});

test('a failed workflow is told with its step and SQLSTATE from the catalog', async () => {
  const failure = {
    step: 'migrate',
    error: 'MigrationFailedError',
    sqlstate: '42P07',
    message: 'relation "poll" already exists (SQLSTATE 42P07)',
  };
  const failed = tenantView({ status: 'failed', failure });
  const { exitCode, stdout, stderr } = await runAgainst(
    { tenants: [failed], outcome: { status: 'FAILED', error: 'MigrationFailedError' } },
    `${create} --json`,
  );

  expect(exitCode).toBe(exitCodes.failed);
  expect(stdout).toBe('');
  expect(JSON.parse(stderr)).toEqual({
    v: 1,
    error: {
      code: 'MIGRATION_FAILED',
      message: 'Could not create tenant "acme": step migrate failed.',
      where: 'tenant acme, stage local',
      why: 'step migrate: MigrationFailedError (SQLSTATE 42P07): relation "poll" already exists (SQLSTATE 42P07)',
      next: ['tenantry tenant show acme'],
    },
  });
});

test('a workflow that lost the race for a slug ends with 7, from the execution alone', async () => {
  const cause = JSON.stringify({
    errorType: 'TenantExistsError',
    errorMessage: 'Tenant "acme" already exists (active since 08:14).',
  });
  const { exitCode, stderr } = await runAgainst(
    { outcome: { status: 'FAILED', error: 'TenantExistsError', cause } },
    `${create} --json`,
  );

  expect(exitCode).toBe(exitCodes.conflict);
  expect(JSON.parse(stderr)).toEqual({
    v: 1,
    error: {
      code: 'TENANT_EXISTS',
      message: 'Tenant "acme" already exists (active since 08:14).',
      where: 'tenant acme, stage local',
      next: ['tenantry tenant list'],
    },
  });
});

test('--field without = is a usage error', async () => {
  const { exitCode, stderr, calls } = await runAgainst({}, `${create} --field plan`);

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('--field "plan" is not of the form key=value.');
  expect(calls).toEqual([]);
});
