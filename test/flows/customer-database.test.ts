import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { pgDialect } from '@tenantry/database';
import type { AuditFinding } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort, startCommand, type FinishedCommand } from '../support/cli-process.ts';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import type { AnyDb } from '../support/open-test-cluster.ts';
import { openTestPostgres, type TestPostgres } from '../support/open-test-postgres.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

const password = 'what-only-the-customer-knows';

let project: TestProject;
let system: LocalSystem;
/** The customer's own server. */
let server: TestPostgres;
let chief: AnyDb;

beforeAll(async () => {
  [project, server] = await Promise.all([openDeployedProject(), openTestPostgres()]);
  const { user, password: adminPassword } = server.postgres.admin;
  const admin = openOn(server.postgres, { user, password: adminPassword });
  await sql`grant connect on database postgres to public`.execute(admin);
  await sql`create role chief login createrole createdb password ${sql.lit(password)}`.execute(
    admin,
  );
  await sql`create role clerk login password ${sql.lit(password)}`.execute(admin);
  await admin.destroy();
  chief = openOn(server.postgres, { user: 'chief', password });
  await sql`create database spare`.execute(chief);
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
});
afterAll(async () => {
  await system?.close();
  await closeServer();
  await project?.remove();
});

let closing: Promise<void> | undefined;

/** Ends the customer's server, once. */
async function closeServer(): Promise<void> {
  closing ??= (async () => {
    await chief?.destroy();
    await server?.close();
  })();
  await closing;
}

function openOn(
  { host, port }: { readonly host: string; readonly port: number },
  login: { readonly user: string; readonly password: string },
  database = 'postgres',
): AnyDb {
  return new Kysely({ dialect: pgDialect({ host, port, database, ...login }) });
}

/** A `tenantry` command in the project, with a password on its standard input. */
async function tenantry(words: string, input = `${password}\n`): Promise<FinishedCommand> {
  const args = ['--data', project.dataDir, ...words.split(' ')];
  return await startCommand(args, project.root, { input }).finished;
}

function create(slug: string, more = '--create-database', name = slug): string {
  const { host, port } = server.postgres;
  const where = `--db-host ${host} --db-port ${port} --db-name ${name}`;
  const whom = more.includes('--db-user') ? '' : ' --db-user chief';
  return `tenant create ${slug} --name ${slug} --isolation database ${where}${whom} --db-password-stdin ${more} --yes`;
}

async function tenantNamed(reference: string) {
  const shown = await system.control('show-tenant', { reference });
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.result.tenant;
}

async function listNames(what: 'databases' | 'roles'): Promise<string[]> {
  const { rows } = await (
    what === 'databases'
      ? sql<{ name: string }>`select datname::text as name from pg_database`
      : sql<{ name: string }>`select rolname::text as name from pg_roles`
  ).execute(chief);
  return rows.map(({ name }) => name);
}

/** The names of the secrets of customers' databases, and everything that is in secrets at all. */
async function readSecrets() {
  const { endpointUrl: endpoint, description } = system.runtime;
  const { region, credentials } = description;
  const client = new SecretsManagerClient({ endpoint, region, credentials });
  const { SecretList: list = [] } = await client.send(new ListSecretsCommand({}));
  const names = list.flatMap(({ Name: name }) => (name?.includes('/database/') ? [name] : []));
  const texts = await Promise.all(
    names.map(async (SecretId) => {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      return SecretString ?? '';
    }),
  );
  client.destroy();
  return { names, texts };
}

/** All that the system has written into its data folder, but the secrets themselves and PostgreSQL's own files. */
async function readAllText(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) =>
      entry.isFile() && entry.name !== 'secrets.json' && !entry.parentPath.includes('postgres'),
  );
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

async function polls(slug: string) {
  return await system.request({ host: `${slug}.localhost`, path: '/polls' });
}

/** Where the catalog leads a tenant's host; functions that remember it longer find a login that is refused. */
async function routes(slug: string): Promise<unknown[]> {
  const { rows } = await sql`
    select server_host from catalog.routes where host = ${`${slug}.localhost`}`.execute(
    system.admin,
  );
  return rows;
}

test("a new database on the customer's server is made, migrated and seeded, answers requests, and holds the tenant alone", async () => {
  const { status, stdout, stderr } = await tenantry(`${create('acme')} --field sample=true`);
  expect([status, stderr]).toEqual([0, expect.stringContaining('7/7')]);
  const { host, port } = server.postgres;
  const tenant = await tenantNamed('acme');
  expect(stdout).toContain(`acme at ${host}:${port}, as role t_${tenant.id} with its own secret`);
  const answer = await polls('acme');
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('acme')]);
  const categories = await system.request({ host: 'acme.localhost', path: '/categories' });
  expect(categories.json()).toMatchObject({ categories: [{ id: 'food' }, {}, {}, {}] });
  expect(await listNames('databases')).toContain('acme');
  const roles = (await listNames('roles')).filter((name) => name.endsWith(tenant.id));
  expect(roles.toSorted()).toEqual([`m_${tenant.id}`, `o_${tenant.id}`, `t_${tenant.id}`]);
  const home = await sql`select from pg_database where datname like 't\\_%'`.execute(system.admin);
  expect(home.rows).toEqual([]);
});

test('a database that exists is used as it is, beside other tenants', async () => {
  await sql`create database theirs`.execute(chief);
  expect((await tenantry(create('globex', '--no-create-database', 'theirs'))).status).toBe(0);
  await system.createTenant('neighbour', { fields: { sample: true } });
  for (const slug of ['globex', 'acme', 'neighbour']) expect((await polls(slug)).status).toBe(200);
  expect((await polls('globex')).json()).toEqual({ polls: [], next: null });
});

test('the registry knows where the database is and whose login made it; the password is in one secret and nowhere else', async () => {
  const { host, port } = server.postgres;
  const { names, texts } = await readSecrets();
  expect(names.filter((name) => name.includes('/admin/'))).toHaveLength(2);
  expect(texts.filter((text) => text.includes(password))).toHaveLength(2);
  const { id, isolation, name, database } = await tenantNamed('acme');
  expect([id.length > 15, isolation, name]).toEqual([true, 'database', 'acme']);
  expect(database).toMatchObject({
    name: 'acme',
    server: { host, port, user: 'chief', tls: 'off' },
  });
  const shown = await tenantry('tenant show acme');
  expect(shown.stdout).toContain(`acme at ${host}:${port}, TLS off, made as chief`);
  const catalog = await sql<{ text: string }>`
    select (select jsonb_agg(t) from catalog.tenants t)::text || (select jsonb_agg(a) from catalog.audit a)::text
      || (select jsonb_agg(c) from catalog.customer_databases c)::text as text`.execute(
    system.admin,
  );
  const files = await readAllText(project.dataDir);
  const seen = [shown.stdout, JSON.stringify(catalog.rows), files].join('\n');
  expect(seen).toContain('chief');
  expect(seen).not.toContain(password);
});

test('one run migrates it with all others, plans and checks look into it, and its history says so', async () => {
  await project.writeMigration(
    'polls/0098_index.sql',
    '-- tenantry: transaction off\ncreate index concurrently poll_question_idx on poll (question);\n-- down\ndrop index concurrently poll_question_idx;',
  );
  await project.writeMigration(
    'polls/0099_color.sql',
    'alter table poll add column color text;\n-- down\nalter table poll drop column color;',
  );
  await system.close();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  for (const slug of ['acme', 'globex', 'neighbour'])
    expect((await tenantNamed(slug)).version).toBe('polls/0099_color');
  expect((await tenantry('migrate check acme')).stdout).toContain('1 checked');
  expect((await tenantry('migrate history acme')).stdout).toContain('polls/0099_color');
  const plan = await tenantry('migrate down acme --steps 1 --plan');
  expect(plan.stdout).toContain('alter table poll drop column color');
  expect((await tenantry('migrate down acme --steps 1 --yes')).status).toBe(0);
  expect((await tenantNamed('acme')).version).not.toBe('polls/0099_color');
  expect((await tenantry('migrate up acme')).status).toBe(0);
});

interface Audited {
  readonly findings: readonly AuditFinding[];
}

/** What `tenantry doctor` with these flags says was found, in short. */
async function doctor(flags: string): Promise<string[]> {
  const { stdout, stderr } = await tenantry(`doctor ${flags} --json`);
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as Audited;
  return findings.map(({ code, slug, object, what }) => `${code} ${slug} ${object}: ${what}`);
}

test("the audit looks into customers' databases, and its repair is run by the login that the customer gave", async () => {
  expect(await doctor('--now')).toEqual([]);
  const { id } = await tenantNamed('acme');
  const inside = openOn(server.postgres, { user: 'chief', password }, 'acme');
  await sql.raw(`grant usage on schema t_${id} to public`).execute(inside);
  await sql.raw(`alter role t_${id} connection limit -1`).execute(inside);
  await sql.raw(`revoke o_${id} from m_${id}`).execute(inside);
  await inside.destroy();
  const found = [
    `CONNECTION_LIMIT acme role t_${id}: it has no connection limit`,
    `MISSING_RIGHT acme role m_${id}: it is no member of o_${id}, which it changes tables as`,
    `SCHEMA_GRANT acme schema t_${id}: PUBLIC has USAGE`,
  ];
  expect((await doctor('--now')).toSorted()).toEqual(found);
  expect(await doctor('--repair --yes')).toEqual([]);
  expect((await polls('acme')).status).toBe(200);
});

test("suspended, a tenant has no way into its customer's server; resumed, it has its rights and its data again", async () => {
  const { id } = await tenantNamed('acme');
  const mayLogIn = async () => {
    const { rows } = await sql<{ may: boolean }>`
      select rolcanlogin as may from pg_roles where rolname = ${`t_${id}`}`.execute(chief);
    return rows[0]?.may;
  };
  const suspended = await tenantry('tenant suspend acme --reason unpaid');
  expect([suspended.status, suspended.stderr]).toEqual([0, expect.stringContaining('2/2')]);
  expect(await mayLogIn()).toBe(false);
  // The first request may still go there and be refused.
  await polls('acme');
  expect((await polls('acme')).status).toBe(404);
  expect((await polls('globex')).status).toBe(200);
  expect(await doctor('--now')).toEqual([]);
  expect((await tenantry('tenant list --where status=suspended')).stdout).toContain('unpaid');
  expect((await tenantry('tenant suspend acme')).stdout).toContain('acme is suspended already');
  expect((await tenantry('tenant resume acme')).status).toBe(0);
  expect(await mayLogIn()).toBe(true);
  const answer = await polls('acme');
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('acme')]);
  expect(await doctor('--now')).toEqual([]);
});

test('what is left on the server of a tenant that was deleted is named, and stays until somebody drops it', async () => {
  await system.createTenant('former');
  const { id } = await tenantNamed('former');
  await system.execute('delete-tenant', { reference: 'former', actor: 'test' });
  await sql.raw(`create role t_${id}`).execute(chief);
  const left = [`ORPHAN_ROLE former role t_${id}: its tenant is deleted, or elsewhere`];
  expect(await doctor('--now')).toEqual(left);
  expect(await doctor('--repair --yes')).toEqual(left);
  await sql.raw(`drop role t_${id}`).execute(chief);
});

test("a program gets the connection to the tenant's own database by its environment, with the tenant's own login", async () => {
  const { id } = await tenantNamed('acme');
  const { stdout } = await tenantry('run acme -- printenv PGHOST PGPORT PGDATABASE PGUSER');
  const { host, port } = server.postgres;
  for (const value of [host, String(port), 'acme', `t_${id}`]) expect(stdout).toContain(value);
});

test.each([
  ['--create-database', 'spare', '"spare" exists already'],
  ['--no-create-database', 'nowhere', '"nowhere" does not exist'],
  ['--create-database --db-user clerk', 'never', 'lacks CREATEROLE'],
  ['--create-database --db-user nobody', 'never', 'user "nobody": the login was refused'],
  ['--create-database --db-tls verify', 'never', 'offers no TLS'],
])(
  'what the server refuses is told at once, with what to do, and nothing is left: %s %s',
  async (flags, name, reason) => {
    const before = [await listNames('databases'), await listNames('roles')];
    const secretsBefore = (await readSecrets()).names.toSorted();
    const { status, stderr } = await tenantry(create('refused', flags, name));
    expect(status).toBe(1);
    expect(stderr).toContain(`✕ SERVER_REFUSED`);
    expect(stderr).toContain(reason);
    expect(stderr).toContain(`${server.postgres.host}:${server.postgres.port}`);
    expect([await listNames('databases'), await listNames('roles')]).toEqual(before);
    expect((await readSecrets()).names.toSorted()).toEqual(secretsBefore);
  },
);

test('a wrong password is told without showing it, and the same tenant is created with the right one', async () => {
  const wrong = await tenantry(create('second-try'), 'a-wrong-password');
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain('password authentication failed for user "chief"');
  expect(wrong.stderr).not.toContain('a-wrong-password');
  expect((await tenantry(create('second-try'))).status).toBe(0);
  expect((await polls('second-try')).status).toBe(200);
});

test('a server that does not answer is told with host, port and user, and no step waits for it', async () => {
  const port = await findFreePort();
  const words = create('unreachable').replace(
    `--db-port ${server.postgres.port}`,
    `--db-port ${port}`,
  );
  const { status, stderr } = await tenantry(words);
  expect(status).toBe(1);
  expect(stderr).toContain('✕ SERVER_NOT_REACHED');
  expect(stderr).toContain(`:${port} was not reached as user "chief" (ECONNREFUSED)`);
  expect((await tenantry(create('unreachable'))).status).toBe(0);
});

test('one database holds one tenant', async () => {
  const { status, stderr } = await tenantry(create('intruder', '--no-create-database', 'theirs'));
  expect(status).not.toBe(0);
  expect(stderr).toContain('is the database of tenant');
  expect((await polls('globex')).status).toBe(200);
});

test("a deleted tenant leaves nothing at the customer's server but a database that was there before", async () => {
  const ids = await Promise.all(
    ['acme', 'globex'].map(async (slug) => (await tenantNamed(slug)).id),
  );
  for (const slug of ['acme', 'globex'])
    expect((await tenantry(`tenant delete ${slug} --confirm ${slug}`)).status).toBe(0);
  expect(await listNames('databases')).toEqual(expect.not.arrayContaining(['acme']));
  expect(await listNames('databases')).toContain('theirs');
  const roles = await listNames('roles');
  expect(roles.filter((name) => ids.some((id) => name.endsWith(id)))).toEqual([]);
  const theirs = openOn(server.postgres, { user: 'chief', password }, 'theirs');
  const { rows } = await sql<{ name: string }>`
    select nspname::text as name from pg_namespace where nspname !~ '^pg_' order by 1`.execute(
    theirs,
  );
  await theirs.destroy();
  expect(rows.map(({ name }) => name)).toEqual(['information_schema', 'public']);
  for (const slug of ['acme', 'globex']) expect((await polls(slug)).status).toBe(404);
  const left = await readSecrets();
  expect(left.names.filter((name) => ids.some((id) => name.endsWith(id)))).toEqual([]);
  expect(left.names.filter((name) => name.includes('/admin/'))).toHaveLength(2);
});

test('a run names a tenant whose server does not answer, and the others go on', async () => {
  await closeServer();
  const selector = { tenants: ['neighbour', 'second-try', 'unreachable'] };
  const change = { kind: 'down', steps: 1 } as const;
  const pace = { canary: 0, waves: [100], maxFailures: 10 };
  await system.migrate(selector, { change, pace });
  expect((await tenantNamed('neighbour')).version).not.toBe('polls/0099_color');
  const runs = await system.control('list-runs', {});
  if (!runs.ok) throw new Error(runs.error.message);
  const run = runs.result.runs[0]?.id ?? '';
  const items = await system.control('list-run-items', { run, status: 'failed' });
  if (!items.ok) throw new Error(items.error.message);
  const failed = items.result.items.map(({ slug, failure }) => [slug, failure?.message]);
  const reason = expect.stringMatching(/^Server .* was not reached as user "m_/);
  expect(new Set(failed)).toEqual(
    new Set([
      ['second-try', reason],
      ['unreachable', reason],
    ]),
  );
  expect(await polls('unreachable')).toMatchObject({ status: 503 });
  expect((await polls('neighbour')).status).toBe(200);
});

test("a customer's server that is out of reach is a finding of its tenants, and the rest is looked at", async () => {
  const { host, port } = server.postgres;
  const found = await doctor('--now');
  const reason = expect.stringContaining(`${host}:${port} was not reached as user "m_`) as string;
  expect(found).toEqual([reason, reason]);
  for (const slug of ['second-try', 'unreachable'])
    expect(found.join('\n')).toContain(
      `SERVER_UNREACHABLE ${slug} server ${host}:${port}: ServerNotReachedError`,
    );
});

test('a tenant whose server is gone for good is deleted when told to leave it', async () => {
  const words = 'tenant delete second-try --confirm second-try';
  const refused = await tenantry(words);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('✕ SERVER_NOT_REACHED');
  expect(refused.stderr).toContain('--leave-database');
  expect(await routes('second-try')).toEqual([]);
  expect((await tenantry(`${words} --leave-database`)).status).toBe(0);
  expect(await routes('second-try')).toEqual([]);
  expect((await readSecrets()).names).toHaveLength(2);
});
