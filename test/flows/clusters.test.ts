import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pgDialect } from '@tenantry/database';
import type { LocalCluster } from '@tenantry/local';
import type {
  ClusterActions,
  ControlAnswer,
  ControlActions,
  IsolationCell,
} from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/cli-process.ts';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const arn = 'arn:aws:rds:us-east-1:000000000000:cluster:second';
const adminSecretArn =
  'arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!cluster-second-AbCdEf';
const context = { clusters: [{ id: 'second', arn, adminSecretArn }] };
const isolations = ['schema', 'database', 'table'] as const;

beforeAll(async () => {
  project = await openDeployedProject();
  await start();
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

async function start(): Promise<void> {
  const assemblyDir = await project.synthesize(context);
  system = await startSystem({ assemblyDir, dataDir: project.dataDir, clusters: ['second'] });
}

function second(): LocalCluster {
  const [cluster] = system.runtime.clusters;
  if (cluster === undefined) throw new Error('there is no second cluster');
  return cluster;
}

type Added = ClusterActions['add-cluster'];

/** What the function `clusters` answers. */
async function addCluster(
  more: Partial<Added['input']> = {},
): Promise<{ readonly ok: boolean; readonly result?: Added['result']; readonly error?: object }> {
  const { stage } = system.runtime.description;
  const input = {
    cluster: 'second',
    arn: second().arn,
    adminSecretArn: second().adminSecretArn,
    actor: 'test',
    ...more,
  };
  const answer = await system.runtime.invoke(`tenantry-${stage}-clusters`, {
    action: 'add-cluster',
    input,
  });
  if (answer.functionError !== undefined) throw new Error(JSON.stringify(answer.payload));
  return answer.payload as never;
}

async function ask<Action extends 'list-clusters' | 'list-tenants' | 'show-route'>(
  action: Action,
  input: ControlActions[Action]['input'],
): Promise<ControlActions[Action]['result']> {
  const answer: ControlAnswer<Action> = await system.control(action, input);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.result;
}

/** Rows of a query as the master user of the second cluster. */
async function onSecond<Row>(text: string, database = 'tenantry'): Promise<readonly Row[]> {
  const { host, port, admin } = second().postgres;
  const { user, password } = admin;
  const db = new Kysely<unknown>({ dialect: pgDialect({ host, port, user, password, database }) });
  try {
    return (await sql.raw<Row>(text).execute(db)).rows;
  } finally {
    await db.destroy();
  }
}

async function listRoles(id: string, at: 'home' | 'second'): Promise<string[]> {
  const text = `select rolname::text as name from pg_roles where rolname like '__${id}' order by 1`;
  const rows =
    at === 'second'
      ? await onSecond<{ name: string }>(text)
      : (await sql.raw<{ name: string }>(text).execute(system.admin)).rows;
  return rows.map(({ name }) => name);
}

test('a cluster is refused with the reason that its operator can mend', async () => {
  expect(await addCluster({ cluster: 'third' })).toMatchObject({
    ok: false,
    error: { code: 'CLUSTER_NOT_DECLARED', next: expect.stringContaining('"clusters"') },
  });
  expect(await addCluster({ arn: arn.replace('second', 'missing') })).toMatchObject({
    ok: false,
    error: { code: 'CLUSTER_NOT_DECLARED' },
  });
  expect(await addCluster({ adminSecretArn: `${second().adminSecretArn}x` })).toMatchObject({
    ok: false,
    error: { code: 'TENANT_INPUT_INVALID', field: 'adminSecretArn' },
  });
  expect(await addCluster({ database: 'missing' })).toMatchObject({
    ok: false,
    error: { code: 'TENANT_INPUT_INVALID', field: 'database' },
  });
  const { clusters } = await ask('list-clusters', {});
  expect(clusters.map(({ id }) => id)).toEqual(['main']);
});

test('a cluster that is added twice at once is prepared and takes tenants', async () => {
  const [one, other] = await Promise.all([
    addCluster({ capacity: 3 }),
    addCluster({ capacity: 3 }),
  ]);
  expect([one.ok, other.ok]).toEqual([true, true]);
  expect(one.result?.cluster).toMatchObject({ id: 'second', status: 'active', capacity: 3 });
  const roles = await onSecond<{ name: string }>(
    "select rolname::text as name from pg_roles where rolname ~ '^(platform_|catalog_|site)' order by 1",
  );
  expect(roles.map(({ name }) => name)).toEqual([
    'platform_auditor',
    'platform_indexer',
    'platform_migrator',
    'platform_provisioner',
  ]);
  expect(await addCluster({ arn: system.runtime.stack.clusters[0]?.arn ?? '' })).toMatchObject({
    error: { code: 'CLUSTER_EXISTS' },
  });
  expect(await addCluster({ cluster: 'main' })).toMatchObject({
    error: { code: 'CLUSTER_EXISTS' },
  });
});

test('tenants of every isolation answer from the further cluster and read there what all share', async () => {
  for (const isolation of isolations) {
    const slug = `far-${isolation}`;
    const fields = { sample: true };
    const tenant = await system.createTenant(slug, { isolation, cluster: 'second', fields });
    expect(tenant).toMatchObject({ status: 'active', cluster: 'second' });
    const { route } = await ask('show-route', { reference: slug });
    expect(route.clusterArn).toBe(second().arn);
    const host = `${slug}.localhost`;
    const poll = await system.request({ host, path: '/polls/1' });
    expect(poll.json()).toMatchObject({ category: { id: 'product' } });
    const categories = await system.request({ host, path: '/categories' });
    expect(categories.json()).toMatchObject({ categories: [{ id: 'food' }, {}, {}, {}] });
    expect(await listRoles(tenant.id, 'home')).toEqual([`t_${tenant.id}`]);
  }
});

test('a script reads the tables of a tenant where they are, and at home what all share; a program gets to the same server', async () => {
  const text = `import { script } from '@tenantry/database';
export default script<any, any>(async ({ db, shared, log }) => {
  const polls = await db.selectFrom('poll').select('id').execute();
  const categories = await shared.selectFrom('category').select('id').execute();
  log(\`has polls: \${polls.length > 0}, categories: \${categories.length}\`);
});
`;
  await writeFile(join(project.root, 'count.ts'), text);
  const run = (...words: string[]) =>
    runCommand(['run', ...words, '--data', project.dataDir, '--yes'], project.root);
  const counted = await run('./count.ts', 'far-schema', 'far-database', 'far-table');
  expect([counted.status, counted.stderr]).toEqual([0, expect.any(String)]);
  const told = `${counted.stdout}${counted.stderr}`.match(/has polls: true, categories: 4/g);
  expect(told).toHaveLength(3);
  const program = ['--', process.execPath, '-e', 'console.log(`port ${process.env.PGPORT}`)'];
  const ran = await runCommand(
    ['run', 'far-schema', '--data', project.dataDir, ...program],
    project.root,
  );
  expect([ran.status, `${ran.stdout}${ran.stderr}`]).toEqual([
    0,
    expect.stringContaining(`port ${second().postgres.port}`),
  ]);
});

test('at home a tenant of another cluster reads what all share, and has and may nothing else', async () => {
  const { tenants } = await ask('list-tenants', {});
  const [tenant] = tenants.filter(({ slug }) => slug === 'far-schema');
  const role = `t_${tenant?.id}`;
  const { rows } = await sql<{ schemas: string[] | null; owned: bigint }>`
    select (select jsonb_agg(nspname order by nspname) from pg_namespace
        where has_schema_privilege(${role}, oid, 'USAGE') and nspname !~ '^pg_' and nspname <> 'information_schema') as schemas,
      (select count(*) from pg_shdepend d where d.refobjid = to_regrole(${role}) and d.deptype = 'o') as owned`.execute(
    system.admin,
  );
  expect(rows).toEqual([{ schemas: ['shared'], owned: 0n }]);
});

test('a full cluster is said so, and tenants without a wish go where there is room', async () => {
  const request = { slug: 'too-many', cluster: 'second', actor: 'test' };
  const refused = await system.execute('create-tenant', request);
  expect([refused.status, refused.error]).toEqual(['FAILED', 'ClusterFullError']);
  expect(await system.createTenant('near')).toMatchObject({ cluster: 'main' });
  const changed = await system.control('set-cluster', {
    cluster: 'second',
    capacity: 10,
    actor: 'test',
  });
  expect(changed).toMatchObject({ ok: true, result: { cluster: { capacity: 10, tenants: 3 } } });
});

test("the walls between a further cluster's tenants hold, there and at home, and nothing of the check is left", async () => {
  const flags = ['--cluster', 'second', '--isolation', 'schema', '--json'];
  const args = ['isolation', 'check', ...flags, '--data', project.dataDir];
  const { status, stdout, stderr } = await runCommand(args, project.dataDir);
  if (stdout === '') throw new Error(stderr);
  const { attacks } = JSON.parse(stdout) as { readonly attacks: readonly IsolationCell[] };
  expect(attacks.filter(({ hasHeld }) => !hasHeld)).toEqual([]);
  expect(status).toBe(0);
  const atHome = attacks.filter(({ name }) => name.endsWith(', at home'));
  expect([attacks.length > 120, atHome.length > 60]).toEqual([true, true]);
  const { clusters } = await ask('list-clusters', {});
  expect(clusters.find(({ id }) => id === 'second')).toMatchObject({ tenants: 3 });
});

test('suspended, a tenant of the further cluster has no login there and none at home; resumed, it has its data', async () => {
  const host = 'far-database.localhost';
  const { tenants } = await ask('list-tenants', {});
  const role = `t_${tenants.find(({ slug }) => slug === 'far-database')?.id}`;
  const mayLogIn = async () => {
    const query = `select rolcanlogin as may, pg_has_role(oid, 'app_tenants', 'MEMBER') as shares from pg_roles where rolname = '${role}'`;
    const home = await sql.raw(query).execute(system.admin);
    const rights = await onSecond<{ may: boolean }>(
      `select has_schema_privilege('${role}', '${role}', 'USAGE') as may`,
      role,
    );
    return [...home.rows, ...(await onSecond(query)), ...rights];
  };
  const before = (await system.request({ host, path: '/polls' })).text;
  await change('suspend-tenant', 'far-database');
  const shut = { may: false, shares: false };
  expect(await mayLogIn()).toEqual([shut, shut, { may: false }]);
  // The first request may still go there and be refused.
  await system.request({ host, path: '/polls' });
  expect((await system.request({ host, path: '/polls' })).status).toBe(404);
  await change('resume-tenant', 'far-database');
  const open = { may: true, shares: true };
  expect(await mayLogIn()).toEqual([open, open, { may: true }]);
  expect((await system.request({ host, path: '/polls' })).text).toBe(before);
});

async function change(
  action: 'suspend-tenant' | 'resume-tenant',
  reference: string,
): Promise<void> {
  const input = { reference, actor: 'test', reason: 'unpaid' };
  const answer = await system.control(action, input);
  if (!answer.ok || answer.result.executionArn === null) throw new Error(JSON.stringify(answer));
  expect(await system.waitFor(answer.result.executionArn)).toMatchObject({ status: 'SUCCEEDED' });
}

test('the tenants of one list are created on both clusters', async () => {
  const tenants = [
    { slug: 'listed-far', cluster: 'second', line: 1 },
    { slug: 'listed-near', cluster: 'main', line: 2 },
  ];
  const answer = await system.control('create-tenants', { tenants, actor: 'test' });
  if (!answer.ok || answer.result.status === 'refused') throw new Error(JSON.stringify(answer));
  expect((await system.waitFor(answer.result.executionArn ?? '')).status).toBe('SUCCEEDED');
  for (const { slug } of tenants)
    expect((await system.request({ host: `${slug}.localhost`, path: '/polls' })).status).toBe(200);
});

test('a deployment brings both clusters up to date and one run migrates the tenants on both', async () => {
  await project.writeMigration('polls/0091_far.sql', 'alter table poll add column far text;');
  await onSecond('drop function tenantry.read_ledger(text, text)');
  const entry = join(project.root, 'functions/fleet/prepare-cluster.ts');
  await appendFile(entry, '\nexport const edition = 2;\n');
  await system.close();
  await start();
  const status = await system.control('migrate-status', {});
  if (!status.ok) throw new Error(status.error.message);
  expect(status.result.tenants.length).toBeGreaterThanOrEqual(6);
  expect(status.result.tenants.filter(({ isCurrent }) => !isCurrent)).toEqual([]);
  const { stage } = system.runtime.description;
  const clean = await system.runtime.invoke(`tenantry-${stage}-migrations`, {
    action: 'check-tenants',
    input: { selector: { where: { isolation: 'schema' } } },
  });
  expect(clean.payload).toMatchObject({ ok: true, result: { findings: [] } });
  const far = await onSecond<{ count: bigint }>(
    "select count(*) from pg_attribute where attname = 'far' and not attisdropped",
  );
  expect(Number(far[0]?.count)).toBeGreaterThanOrEqual(2);
});

test('a deleted tenant leaves nothing, on its cluster and at home', async () => {
  const { tenants } = await ask('list-tenants', {});
  for (const isolation of isolations) {
    const reference = `far-${isolation}`;
    const id = tenants.find(({ slug }) => slug === reference)?.id ?? '';
    const deleted = await system.execute('delete-tenant', { reference, actor: 'test' });
    expect([reference, deleted.status]).toEqual([reference, 'SUCCEEDED']);
    expect([await listRoles(id, 'home'), await listRoles(id, 'second')]).toEqual([[], []]);
    const left = await onSecond(
      `select datname from pg_database where datname = 't_${id}' union all select nspname from pg_namespace where nspname = 't_${id}'`,
    );
    expect(left).toEqual([]);
    expect((await system.request({ host: `${reference}.localhost`, path: '/polls' })).status).toBe(
      404,
    );
  }
  const { clusters } = await ask('list-clusters', {});
  expect(clusters.map(({ id, tenants: count }) => [id, count])).toEqual([
    ['main', 2],
    ['second', 1],
  ]);
});
