import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pgDialect } from '@tenantry/database';
import { openTestDataApi, type TestDataApi } from '@tenantry/local';
import type { ControlActions, TargetView } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openTestPostgres,
  type TestPostgres,
} from '../../../../test/support/open-test-postgres.ts';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst, tenantView, type FakeSystemOptions } from '../testing/fake-system.ts';

const tenants = ['acme', 'globex'].map((slug) => tenantView({ slug, id: `0123456789ab${slug}` }));
const password = 'correct horse battery staple';

let server: TestPostgres;
let dataApi: TestDataApi;
let cwd: string;
let answers: NonNullable<FakeSystemOptions['answers']>;

/** Two tenants as roles with a schema each, and a project in which their scripts lie. */
beforeAll(async () => {
  server = await openTestPostgres();
  const { host, port, admin } = server.postgres;
  const db = new Kysely({ dialect: pgDialect({ host, port, ...admin }) });
  for (const { id, slug } of tenants) {
    const role = sql.ref(`t_${id}`);
    await sql`create role ${role} login password ${sql.lit(password)}`.execute(db);
    await sql`grant connect on database ${sql.ref(admin.database)} to ${role}`.execute(db);
    await sql`create schema ${role}`.execute(db);
    await sql`grant usage on schema ${role} to ${role}`.execute(db);
    await sql`create table ${sql.table(`t_${id}.note`)} (id bigint primary key, text text)`.execute(
      db,
    );
    await sql`grant all on ${sql.table(`t_${id}.note`)} to ${role}`.execute(db);
    await sql`insert into ${sql.table(`t_${id}.note`)} values (9007199254740993, ${slug})`.execute(
      db,
    );
  }
  await db.destroy();
  dataApi = await openTestDataApi({
    postgres: { host, port },
    readSecret: (arn) => ({ username: arn.slice(arn.lastIndexOf(':') + 1), password }),
  });
  cwd = mkdtempSync(join(import.meta.dirname, '../../.test-scripts-'));
  answers = { 'list-targets': listTargets, 'show-route': showRoute };
});
afterAll(async () => {
  rmSync(cwd, { recursive: true });
  await dataApi.close();
  await server.close();
});

function listTargets({ selector }: ControlActions['list-targets']['input']) {
  const picked = tenants.filter(({ slug }) => selector.tenants?.includes(slug) !== false);
  const targets = picked.map(({ id, slug, status, isolation, pool, version }): TargetView => ({
    scope: 'tenant',
    name: slug,
    tenantId: id,
    status,
    isolation,
    pool,
    cluster: 'main',
    version,
    host: null,
  }));
  return { targets, total: tenants.length, leftOut: [] };
}

function showRoute({ reference }: ControlActions['show-route']['input']) {
  const { id, slug, name } = tenants.find((tenant) => tenant.slug === reference) ?? tenantView();
  const { database } = server.postgres.admin;
  const route = {
    tenant: {
      id,
      slug,
      name,
      isolation: 'schema',
      status: 'active',
      fields: {},
      primaryHost: slug,
    },
    clusterArn: 'arn:aws:rds:us-east-1:000000000000:cluster:main',
    database,
    secretArn: `arn:secret:t_${id}`,
  };
  const { clusterArn } = route;
  return {
    route,
    home: { clusterArn, database },
  } as unknown as ControlActions['show-route']['result'];
}

async function run(words: string | readonly string[], options: object = {}) {
  const { host, port } = server.postgres;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const place = { region: 'us-east-1', endpoint: dataApi.url, credentials };
  const platform = { place, postgres: { host, port } };
  return await runAgainst({ answers, cwd, tenants, platform, ...options }, words);
}

function script(name: string, body: string): string {
  const text = `import { script } from '@tenantry/database';
import { currentTenant } from '@tenantry/tenancy';
export default script<any>(async ({ db, tenant, log, dryRun }) => {
${body}
});
`;
  writeFileSync(join(cwd, name), text);
  return name;
}

test('a script runs once a tenant, as that tenant and in its context', async () => {
  const file = script(
    'notes.ts',
    `const rows = await db.selectFrom('note').selectAll().execute();
     log(rows.map(({ id, text }) => id + ' ' + text).join() + '\\n' + currentTenant().id + ' ' + dryRun);`,
  );
  const { exitCode, stdout, stderr } = await run(`run ${file} --all --yes --concurrency 1`);

  expect(stderr.trimEnd().split('\n').at(-1)).toBe('2 done');
  expect(stdout).toBe(`[acme] 9007199254740993 acme
[acme] 0123456789abacme false
[globex] 9007199254740993 globex
[globex] 0123456789abglobex false
`);
  expect(exitCode).toBe(exitCodes.ok);
});

test('--rehearse tells the script to change nothing', async () => {
  const file = script('rehearse.ts', 'log(String(dryRun));');
  const { stdout } = await run(`run ${file} acme --rehearse`);

  expect(stdout).toBe('[acme] true\n');
});

test("a script cannot reach another tenant's tables", async () => {
  const file = script(
    'reach.ts',
    `await db.selectFrom('t_0123456789abglobex.note').selectAll().execute();`,
  );
  const { exitCode, stdout, stderr } = await run(`run ${file} acme`);

  expect(exitCode).toBe(exitCodes.failed);
  expect(stdout).toBe('');
  expect(stderr).toContain('✕ acme');
  expect(stderr).toContain('permission denied for schema t_0123456789abglobex');
});

test('a tenant in which the script fails is named, and the others are done', async () => {
  const file = script('half.ts', `if (tenant.slug === 'acme') throw new Error('no'); log('yes');`);
  const plain = await run(`run ${file} --all --yes`);
  const json = await run(`run ${file} --all --yes --json`);

  expect(plain.exitCode).toBe(exitCodes.someFailed);
  expect(plain.stdout).toBe('[globex] yes\n');
  expect(plain.stderr.trimEnd().split('\n').at(-1)).toBe('1 of 2 tenants failed: acme');
  expect(json.exitCode).toBe(exitCodes.someFailed);
  expect((JSON.parse(json.stdout) as { tenants: unknown[] }).tenants).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ tenant: 'acme', status: 'failed', message: 'no', lines: [] }),
      expect.objectContaining({ tenant: 'globex', status: 'done', lines: ['yes'] }),
    ]),
  );
});

test('a file without a script is refused before anything runs', async () => {
  writeFileSync(join(cwd, 'none.ts'), 'export const x = 1;\n');
  const none = await run('run none.ts --all --yes');
  const missing = await run('run missing.ts --all --yes');

  for (const { exitCode, stderr, calls } of [none, missing]) {
    expect(exitCode).toBe(exitCodes.failed);
    expect(stderr).toContain('✕ SCRIPT_INVALID');
    expect(calls).toEqual([]);
  }
});

test('many tenants are asked about; nothing to run and nobody to run it for are usage errors', async () => {
  const file = script('quiet.ts', '');
  expect((await run(`run ${file} --all`)).exitCode).toBe(exitCodes.inputNeeded);
  expect((await run(`run ${file}`)).exitCode).toBe(exitCodes.usage);
  expect((await run('run')).exitCode).toBe(exitCodes.usage);
  expect((await run(`run ${file} --all --scope all --yes`)).exitCode).toBe(exitCodes.usage);
});

test('a program behind -- fails like a script, and without a direct connection is refused', async () => {
  const failing = await run(['run', 'acme', '--', process.execPath, '-e', 'process.exit(3)']);
  const unknown = await run(['run', 'acme', '--', 'no-such-program']);
  const remote = await run(['run', 'acme', '--', 'true'], { platform: { postgres: undefined } });

  // The login of a tenant is read from Secrets Manager, which this test has none of.
  for (const { exitCode } of [failing, unknown]) expect(exitCode).toBe(exitCodes.failed);
  expect(remote.exitCode).toBe(exitCodes.failed);
  expect(remote.stderr).toContain('✕ NO_DIRECT_CONNECTION');
});

test('admin create runs the hook of the project as the tenant; the password comes by standard input only', async () => {
  const root = join(cwd, 'project');
  mkdirSync(root);
  writeFileSync(
    join(root, 'tenantry.config.ts'),
    `export default { migrations: ['migrations'], types: 'types', onCreateAdmin: 'admin.ts' };`,
  );
  writeFileSync(
    join(root, 'admin.ts'),
    `import { TenantInputError, currentTenant } from '@tenantry/tenancy';
     export default async ({ db, tenant, name, password }: any) => {
       if (name === 'root') throw new TenantInputError('name', 'is taken');
       const text = [name, password.length, currentTenant().slug].join(' ');
       await db.insertInto('note').values({ id: BigInt(tenant.slug.length), text }).execute();
     };`,
  );
  const create = ['admin', 'create', 'globex'];
  const named = [...create, '--email', 'chief@example.com', '--password-stdin'];
  const made = await run(named, { cwd: root, input: `${password}\n` });
  const taken = await run([...create, '--name', 'root', '--password-stdin'], {
    cwd: root,
    input: 'x',
  });
  const silent = await run([...create, '--name', 'chief'], { cwd: root });
  const empty = await run(named, { cwd: root, input: '' });
  const { stdout } = await run(
    `run ${script('read.ts', `log(String((await db.selectFrom('note').select('text').where('id', '=', 6n).executeTakeFirst())?.text));`)} globex`,
  );

  expect(made).toMatchObject({
    exitCode: exitCodes.ok,
    stdout: 'chief@example.com is an administrator of globex\n',
  });
  expect(made.stderr).not.toContain(password);
  expect(stdout).toBe(`[globex] chief@example.com ${password.length} globex\n`);
  expect(taken.exitCode).toBe(exitCodes.usage);
  expect(silent.exitCode).toBe(exitCodes.inputNeeded);
  expect(silent.stderr).toContain('missing  --password-stdin');
  expect(empty.exitCode).toBe(exitCodes.inputNeeded);
});
