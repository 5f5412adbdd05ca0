import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenantSteps, stepsFor, type TenantView } from '@tenantry/tenancy';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { signIn } from '../support/sign-in.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

/** Steps that are to fail, by the slug of their tenant. */
const broken = new Map<string, { readonly step: string; readonly when: 'before' | 'after' }>();

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({
    assemblyDir,
    dataDir: project.dataDir,
    interceptInvocation: async (payload, next) => {
      const { step, state } = payload as { step?: string; state?: { request?: { slug: string } } };
      const fault = broken.get(state?.request?.slug ?? '');
      if (fault === undefined || fault.step !== step) return await next();
      if (fault.when === 'after') await next();
      const failure = {
        errorType: 'InjectedError',
        errorMessage: `${step} broke ${fault.when} its effect`,
        trace: [],
      };
      return { payload: failure, functionError: 'Unhandled' };
    },
  });
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

async function leftovers(tenant: TenantView) {
  const found = await sql<{ roles: bigint; schemas: bigint }>`
    select (select count(*) from pg_roles where rolname like '__' || ${tenant.id}) as roles,
      (select count(*) from pg_namespace where nspname like '__' || ${tenant.id}) as schemas`.execute(
    system.admin,
  );
  return { ...found.rows[0], secrets: await countSecrets(tenant.id) };
}

async function countSecrets(id: string): Promise<number> {
  const text = await readAllText(project.dataDir, /^secrets\.json$/);
  return text.split(`tenantry/local/tenant/${id}"`).length > 1 ? 1 : 0;
}

async function readAllText(dir: string, name: RegExp): Promise<string> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && name.test(entry.name));
  return (
    await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  ).join('\n');
}

async function show(slug: string): Promise<TenantView> {
  const shown = await system.control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  return shown.result.tenant;
}

test('a new tenant is active, at the last migration, and answers at once', async () => {
  const tenant = await system.createTenant('acme', { name: 'ACME', fields: { plan: 'pro' } });
  expect(tenant).toMatchObject({
    slug: 'acme',
    name: 'ACME',
    status: 'active',
    isolation: 'schema',
    domains: ['acme.localhost'],
    version: 'polls/0002_accounts',
    fields: { plan: 'pro' },
    failure: null,
  });
  const answer = await system.request({ host: 'acme.localhost', path: '/polls' });
  expect([answer.status, answer.json()]).toEqual([200, { polls: [], next: null }]);
});

test('a slug or a domain that somebody has is refused before anything is started', async () => {
  const again = await system.control('create-tenant', { slug: 'acme', actor: 'test' });
  expect(again).toMatchObject({
    ok: false,
    error: { code: 'TENANT_EXISTS', message: expect.stringContaining('acme') },
  });
  const domain = await system.execute('create-tenant', {
    slug: 'other',
    domain: 'acme.localhost',
    actor: 'test',
  });
  expect(domain).toMatchObject({ status: 'FAILED', error: 'DomainTakenError' });
  expect(await system.control('show-tenant', { reference: 'other' })).toMatchObject({
    ok: false,
    error: { code: 'TENANT_NOT_FOUND' },
  });
});

test('after a refusal the same slug can be created with what fits', async () => {
  await system.execute('create-tenant', { slug: 'fixed', domain: 'acme.localhost', actor: 'test' });
  expect(await system.createTenant('fixed')).toMatchObject({
    status: 'active',
    domains: ['fixed.localhost'],
  });
});

test('a tenant that is only recorded has slug and domain and nothing behind them, until it is created', async () => {
  const recorded = await system.control('record-tenant', {
    slug: 'paper',
    name: 'On Paper',
    fields: { plan: 'pro' },
    actor: 'test',
  });
  expect(recorded).toMatchObject({
    ok: true,
    result: { tenant: { status: 'provisioning', domains: ['paper.localhost'], version: null } },
  });
  const before = await show('paper');
  expect(await leftovers(before)).toEqual({ roles: 0n, schemas: 0n, secrets: 0 });
  expect((await system.request({ host: 'paper.localhost', path: '/polls' })).status).toBe(404);
  expect(await system.control('record-tenant', { slug: 'paper', actor: 'test' })).toMatchObject({
    ok: false,
    error: { code: 'TENANT_EXISTS' },
  });
  expect(await system.createTenant('paper')).toMatchObject({ id: before.id, status: 'active' });
  expect((await system.request({ host: 'paper.localhost', path: '/polls' })).status).toBe(200);
});

test('the same request 20 times at once makes one tenant and gives one answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      system.control('create-tenant', { slug: 'twenty', actor: 'test' }),
    ),
  );
  const arns = new Set(
    answers.flatMap((answer) => (answer.ok ? [answer.result.executionArn] : [])),
  );
  const refusals = new Set(answers.flatMap((answer) => (answer.ok ? [] : [answer.error.code])));
  const [arn = ''] = arns;
  expect(await system.waitFor(arn)).toMatchObject({ status: 'SUCCEEDED' });
  expect(arns.size).toBe(1);
  // Whoever comes when it is done already is told that it exists.
  expect([...refusals].filter((code) => code !== 'TENANT_EXISTS')).toEqual([]);
});

test('two different requests for one slug at once: one wins, the other is told', async () => {
  const results = await Promise.allSettled(
    ['One', 'Two'].map((name) =>
      system.execute('create-tenant', { slug: 'contested', name, actor: 'test' }),
    ),
  );
  const outcomes = results.map((result) =>
    result.status === 'rejected'
      ? (result.reason as { code: string }).code
      : (result.value.error ?? 'SUCCEEDED'),
  );
  expect(outcomes.filter((outcome) => outcome === 'SUCCEEDED')).toHaveLength(1);
  expect(outcomes.filter((outcome) => /Busy|BUSY|Exists|EXISTS/.test(outcome))).toHaveLength(1);
  expect((await show('contested')).status).toBe('active');
});

test('50 tenants created at the same moment all succeed and answer', async () => {
  const slugs = Array.from({ length: 50 }, (_, index) => `crowd-${index}`);
  const tenants = await Promise.all(slugs.map((slug) => system.createTenant(slug)));
  expect(tenants.filter((tenant) => tenant.status === 'active')).toHaveLength(50);
  const answers = await Promise.all(
    slugs.map((slug) => system.request({ host: `${slug}.localhost`, path: '/polls' })),
  );
  expect(answers.map((answer) => answer.status)).toEqual(slugs.map(() => 200));
});

test('without migrations the tenant is active and empty, and the next fleet run brings it up to date', async () => {
  expect(await system.createTenant('bare', { migrate: false })).toMatchObject({
    status: 'active',
    version: null,
  });
  const run = await system.migrate({ tenants: ['bare'] });
  expect(run.status).toBe('SUCCEEDED');
  expect(await show('bare')).toMatchObject({ version: 'polls/0002_accounts' });
  const headers = await signIn(system, 'bare');
  const body = { question: 'Which?', choices: ['This', 'That'] };
  const polls = { host: 'bare.localhost', path: '/polls' };
  const made = await system.request({ ...polls, method: 'POST', body, headers });
  expect([made.status, (await system.request(polls)).text]).toEqual([
    201,
    expect.stringContaining('Which?'),
  ]);
});

const faults = stepsFor(createTenantSteps, 'schema').flatMap(({ name }, number) =>
  (['before', 'after'] as const).map((when) => ({
    step: name,
    when,
    slug: `fault-${number}-${when}`,
  })),
);

test('failing any step before or after its effect leaves no orphan, names the step, and the same create then succeeds', async () => {
  const undisturbed = await system.createTenant('undisturbed');
  await Promise.all(
    faults.map(async ({ step, when, slug }) => {
      broken.set(slug, { step, when });
      const failed = await system.execute('create-tenant', { slug, actor: 'test' });
      expect(failed.status, slug).toBe('FAILED');
      await expectFailedWithoutOrphan({ step, when, slug });
      broken.delete(slug);
      const tenant = await system.createTenant(slug);
      expect(withoutIdentity(tenant), slug).toEqual(withoutIdentity(undisturbed));
      expect(await leftovers(tenant)).toEqual({ roles: 2n, schemas: 1n, secrets: 1 });
      expect((await system.request({ host: `${slug}.localhost`, path: '/polls' })).status).toBe(
        200,
      );
    }),
  );
});

function withoutIdentity({ status, isolation, version, fields, failure, domains }: TenantView) {
  return { status, isolation, version, fields, failure, domains: domains.length };
}

async function expectFailedWithoutOrphan({ step, when, slug }: (typeof faults)[number]) {
  expect((await system.request({ host: `${slug}.localhost`, path: '/polls' })).status).toBe(404);
  if (step === 'reserve' && when === 'before') {
    expect(await system.control('show-tenant', { reference: slug }), slug).toMatchObject({
      ok: false,
    });
    return;
  }
  const tenant = await show(slug);
  expect([tenant.status, tenant.failure?.step, tenant.failure?.error], slug).toEqual([
    'failed',
    step,
    'InjectedError',
  ]);
  expect(await leftovers(tenant), slug).toEqual({ roles: 0n, schemas: 0n, secrets: 0 });
}

test('a deleted tenant leaves nothing, and a new one of its name sees nothing old', async () => {
  const old = await system.createTenant('shortlived', { fields: { sample: true } });
  const deleted = await system.execute('delete-tenant', { reference: 'shortlived', actor: 'test' });
  expect(deleted.status).toBe('SUCCEEDED');
  expect(await leftovers(old)).toEqual({ roles: 0n, schemas: 0n, secrets: 0 });
  expect((await system.request({ host: 'shortlived.localhost', path: '/polls' })).status).toBe(404);
  const fresh = await system.createTenant('shortlived');
  expect(fresh.id).not.toBe(old.id);
  const answer = await system.request({ host: 'shortlived.localhost', path: '/polls' });
  expect(answer.json()).toEqual({ polls: [], next: null });
});

test.each([
  [{ slug: 'Acme Inc' }, 'TENANT_INPUT_INVALID'],
  [{ slug: 'admin' }, 'TENANT_INPUT_INVALID'],
  [{ slug: 'shed', isolation: 'shed' }, 'ISOLATION_UNKNOWN'],
  [{ slug: 'shed', isolation: 'dedicated', domain: 'shed.example.com' }, 'TENANT_INPUT_INVALID'],
  [{ slug: 'shed', pool: 'main' }, 'TENANT_INPUT_INVALID'],
  [{ slug: 'shed', isolation: 'table', pool: 'p_main; drop' }, 'TENANT_INPUT_INVALID'],
  [{ slug: 'shed', domain: 'https://x' }, 'TENANT_INPUT_INVALID'],
])('a request that does not fit is refused and starts nothing: %j', async (input, code) => {
  expect(await system.control('create-tenant', { actor: 'test', ...input })).toMatchObject({
    ok: false,
    error: { code },
  });
  expect(await system.control('show-tenant', { reference: 'shed' })).toMatchObject({ ok: false });
});

test('what a tenant can see of others is opaque ids, never a word that a customer chose', async () => {
  const words = ['seldomslug', 'Seldom Name', 'seldom-domain'];
  const [slug = '', name = '', domain] = words;
  const seldom = await system.createTenant(slug, { name, domain: `${domain}.localhost` });
  await system.request({ host: `${domain}.localhost`, path: '/polls' });
  const seen = await openAsTenant(system, 'acme', async (db) => {
    const result = await sql<{ text: string }>`
      select string_agg(word, ' ') as text from (
        select nspname::text as word from pg_namespace union all select rolname from pg_roles
        union all select datname from pg_database union all select relname from pg_class
        union all select attname from pg_attribute union all select proname || prosrc from pg_proc
        union all select concat(application_name, query, usename) from pg_stat_activity
        union all select array_to_string(rolconfig, ' ') from pg_roles
        union all select description from pg_description union all select description from pg_shdescription
        union all select setting from pg_settings
      ) words`.execute(db);
    return result.rows[0]?.text ?? '';
  });
  expect(seen).toContain(`t_${seldom.id}`);
  for (const word of words) expect(seen.toLowerCase()).not.toContain(word.toLowerCase());
});

test('no password is in any log, history, runtime file or in what PostgreSQL shows of its sessions', async () => {
  const started = await system.control('create-tenant', { slug: 'secretive', actor: 'test' });
  if (!started.ok) throw new Error(started.error.message);
  await system.waitFor(started.result.executionArn);
  const secrets = await readAllText(project.dataDir, /^secrets\.json$/);
  const passwords = [...secrets.matchAll(/password\\*":\s*\\*"([^"\\]{12,})/g)].map(
    (match) => match[1] ?? '',
  );
  expect(passwords.length).toBeGreaterThan(50);
  const sessions = await sql<{
    text: string;
  }>`select string_agg(query, ' ') as text from pg_stat_activity`.execute(system.admin);
  const seen = [
    await readAllText(join(project.dataDir, 'logs'), /./),
    await readAllText(join(project.dataDir), /execution|history|runtime|deployment/),
    await system.historyOf(started.result.executionArn),
    sessions.rows[0]?.text ?? '',
  ].join('\n');
  expect(seen.length).toBeGreaterThan(1000);
  for (const password of passwords) expect(seen.includes(password)).toBe(false);
});
