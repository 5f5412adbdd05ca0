import {
  findTenant,
  getCreation,
  getTenant,
  judgeCreation,
  openCreation,
  takeTenant,
  type CreateTenantRequest,
  type CreationRow,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creationStepsOn } from '../../test/support/creation-steps.ts';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';
import { runCreationWorker } from './creation-worker.ts';
import type { Step } from './run-step.ts';

let cluster: TestCluster;
const secrets = new Map<string, string>();

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => await cluster?.close());

const claim = { actor: 'test' };

function rowsOf(slugs: readonly string[], more: Partial<CreateTenantRequest> = {}): CreationRow[] {
  return slugs.map((slug, index) => ({
    line: index + 1,
    request: {
      slug,
      name: slug,
      isolation: 'schema',
      domain: `${slug}.tenants.test`,
      fields: {},
      migrate: true,
      actor: 'test',
      ...more,
    },
  }));
}

const namesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function open(rows: readonly CreationRow[], skipExisting = false): Promise<string> {
  const opened = await openCreation(cluster.catalog, rows, { ...claim, skipExisting });
  if (opened.status !== 'open' || opened.id === null) throw new Error(JSON.stringify(opened));
  return opened.id;
}

async function work(
  creation: string,
  options: { readonly steps?: Record<string, Step>; readonly leaseSeconds?: number } = {},
) {
  const { steps = {}, leaseSeconds = 60 } = options;
  const worker = { creation, name: crypto.randomUUID(), leaseSeconds };
  const all = { ...creationStepsOn(cluster, secrets), ...steps };
  return await runCreationWorker({ catalog: cluster.catalog, steps: all, lanes: 4, worker });
}

async function countLeftovers(id: string) {
  const found = await sql<{ count: bigint }>`
    select (select count(*) from pg_roles where rolname like '__' || ${id})
      + (select count(*) from pg_namespace where nspname like '__' || ${id}) as count`.execute(
    cluster.admin,
  );
  return Number(found.rows[0]?.count) + (secrets.has(`arn:secret:${id}`) ? 1 : 0);
}

test('several workers create all tenants, each once', async () => {
  const slugs = namesOf('many', 20);
  const creation = await open(rowsOf(slugs));
  const results = await Promise.all([work(creation), work(creation)]);
  expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(20);
  const state = { creation, workers: [1] };
  expect(await judgeCreation(cluster.catalog, state)).toMatchObject({ decision: 'succeeded' });
  for (const slug of slugs) {
    const tenant = await getTenant(cluster.catalog, slug);
    expect(tenant).toMatchObject({ status: 'active', domains: [`${slug}.tenants.test`] });
    expect(tenant.version).toBe(cluster.compiled.scopes.tenant.migrations.at(-1)?.id);
  }
  const view = await getCreation(cluster.catalog, creation);
  expect(view).toMatchObject({ status: 'succeeded', total: 20, created: 20, failed: 0 });
});

test('fifty tenants of mixed isolations are created by workers side by side, those of new pools too', async () => {
  const kinds = [
    { isolation: 'schema' },
    { isolation: 'table', pool: 'mixed' },
    { isolation: 'cache' },
    { isolation: 'table', pool: 'other' },
  ] as const;
  const rows = rowsOf(namesOf('mixed', 50)).map(({ line, request }) => ({
    line,
    request: { ...request, ...kinds[line % kinds.length] },
  }));
  const creation = await open(rows);
  const results = await Promise.all([work(creation), work(creation), work(creation)]);
  expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(50);
  const last = cluster.compiled.scopes.tenant.migrations.at(-1)?.id ?? '';
  for (const { request } of rows) {
    const tenant = await getTenant(cluster.catalog, request.slug);
    const version = tenant.isolation === 'cache' ? null : last;
    expect(tenant).toMatchObject({ status: 'active', pool: request.pool ?? null, version });
    const leftovers = { schema: 4, table: 2, cache: 0 }[request.isolation];
    expect([request.slug, await countLeftovers(tenant.id)]).toEqual([request.slug, leftovers]);
  }
});

test('a tenant that fails is undone in its pool, whose other tenants keep what they have', async () => {
  const pooled = { isolation: 'table', pool: 'undone' };
  await work(await open(rowsOf(['stays-here'], pooled)));
  const creation = await open(rowsOf(['falls-out'], pooled));
  const fail = async () => {
    throw Object.assign(new Error('no'), { name: 'PrivilegesNotEffectiveError' });
  };
  expect(await work(creation, { steps: { verify: fail } })).toEqual({ created: 0, failed: 1 });
  const gone = await getTenant(cluster.catalog, 'falls-out');
  expect([gone.status, await countLeftovers(gone.id)]).toEqual(['failed', 0]);
  const stays = await getTenant(cluster.catalog, 'stays-here');
  expect([stays.status, await countLeftovers(stays.id)]).toEqual(['active', 2]);
  const owned = await work(await open(rowsOf(['falls-out'])));
  expect(owned).toEqual({ created: 1, failed: 0 });
  expect(await getTenant(cluster.catalog, 'falls-out')).toMatchObject({ id: gone.id, pool: null });
});

test('tenants of a pool that had no tables follow the first one that brings some', async () => {
  const pooled = { isolation: 'table', pool: 'quiet' };
  await work(await open(rowsOf(['quiet-one'], { ...pooled, migrate: false })));
  expect((await getTenant(cluster.catalog, 'quiet-one')).version).toBeNull();
  await work(await open(rowsOf(['loud-one'], pooled)));
  const last = cluster.compiled.scopes.tenant.migrations.at(-1)?.id;
  for (const slug of ['quiet-one', 'loud-one'])
    expect(await getTenant(cluster.catalog, slug)).toMatchObject({ version: last });
  const { rows } = await sql<{
    tenant: string;
  }>`select tenant::text from p_quiet.tenantry_members`.execute(cluster.admin);
  expect(rows).toHaveLength(2);
});

test('a slug or a domain that is taken refuses the whole file and names each line', async () => {
  await work(await open(rowsOf(['taken'])));
  const rows = [
    ...rowsOf(['fresh-one', 'taken']),
    ...rowsOf(['thief'], { domain: 'taken.tenants.test' }).map((row) => ({ ...row, line: 3 })),
  ];
  const slugs = await openCreation(cluster.catalog, rows, claim);
  expect(slugs).toMatchObject({
    status: 'refused',
    problems: [{ line: 2, field: 'slug', isTaken: true }],
  });
  const domains = await openCreation(cluster.catalog, rows, { ...claim, skipExisting: true });
  expect(domains).toMatchObject({
    status: 'refused',
    problems: [{ line: 3, field: 'domain', isTaken: false }],
  });
  expect(await findTenant(cluster.catalog, 'fresh-one')).toBeUndefined();
});

test('existing slugs are skipped when told so, and a file of only those opens nothing', async () => {
  const creation = await open(rowsOf(['known']));
  await work(creation);
  await judgeCreation(cluster.catalog, { creation, workers: [1] });
  const options = { ...claim, skipExisting: true };
  const mixed = await openCreation(cluster.catalog, rowsOf(['known', 'unknown']), options);
  expect(mixed).toMatchObject({ total: 1, skipped: [{ line: 1, slug: 'known' }] });
  const none = await openCreation(cluster.catalog, rowsOf(['known']), options);
  expect(none).toMatchObject({ status: 'open', id: null, total: 0 });
});

test('the same rows at once join one creation; other rows with one of the slugs are refused', async () => {
  const rows = rowsOf(namesOf('joint', 5));
  const ids = await Promise.all(Array.from({ length: 4 }, () => open(rows)));
  expect(new Set(ids).size).toBe(1);
  expect(await openCreation(cluster.catalog, rowsOf(['joint-3', 'joint-9']), claim)).toMatchObject({
    status: 'refused',
    problems: [{ line: 1, field: 'slug' }],
  });
});

test('overlapping files claimed at the same moment never wait for each other in a ring, and one of them wins', async () => {
  const slugs = namesOf('ring', 40);
  const opened = await Promise.all(
    [slugs, slugs.toReversed(), [...slugs.slice(20), ...slugs.slice(0, 20)]].map((order) =>
      openCreation(cluster.catalog, rowsOf(order, { name: order.at(0) ?? '' }), claim),
    ),
  );
  expect(opened.map(({ status }) => status).toSorted()).toEqual(['open', 'refused', 'refused']);
});

test('a tenant that fails is undone, named with step and SQLSTATE, and stops nobody', async () => {
  const creation = await open(rowsOf(['good-a', 'bad-b', 'good-c']));
  const steps = {
    migrate: async (state: { readonly request: CreateTenantRequest }) => {
      if (state.request.slug !== 'bad-b') {
        return await creationStepsOn(cluster, secrets).migrate(state);
      }
      await sql`select 1 / 0`.execute(cluster.migrator);
      return state;
    },
  };
  const failing = { migrate: withName(steps.migrate, 'MigrationFailedError') };
  expect(await work(creation, { steps: failing })).toEqual({ created: 2, failed: 1 });
  const state = { creation, workers: [1] };
  expect(await judgeCreation(cluster.catalog, state)).toMatchObject({ decision: 'failed' });
  const { failures } = await getCreation(cluster.catalog, creation);
  expect(failures).toMatchObject([
    { line: 2, slug: 'bad-b', step: 'migrate', sqlstate: '22012', error: 'MigrationFailedError' },
  ]);
  const bad = await getTenant(cluster.catalog, 'bad-b');
  expect(bad).toMatchObject({ status: 'failed', failure: { step: 'migrate' } });
  expect(await countLeftovers(bad.id)).toBe(0);
  const repaired = await open(rowsOf(['good-a', 'bad-b', 'good-c']), true);
  expect(await work(repaired)).toEqual({ created: 1, failed: 0 });
  expect(await getTenant(cluster.catalog, 'bad-b')).toMatchObject({ id: bad.id, status: 'active' });
});

/** A step whose errors have a name that no retry mends. */
function withName(step: Step, name: string): Step {
  return async (state, execution) => {
    try {
      return await step(state, execution);
    } catch (error) {
      throw Object.assign(error as Error, { name });
    }
  };
}

test('what a dead worker held waits for its lease and is then created by another one', async () => {
  const creation = await open(rowsOf(namesOf('orphaned', 3)));
  const dead = { creation, name: 'dead', leaseSeconds: 3600 };
  const held = await takeTenant(cluster.catalog, dead);
  expect(await work(creation)).toEqual({ created: 2, failed: 0 });
  const state = { creation, workers: [1] };
  expect(await judgeCreation(cluster.catalog, state)).toMatchObject({ decision: 'wait' });
  await sql`update catalog.creation_items set lease_until = now() - interval '1 second'
    where worker = 'dead'`.execute(cluster.admin);
  expect(await work(creation)).toEqual({ created: 1, failed: 0 });
  expect(await judgeCreation(cluster.catalog, state)).toMatchObject({ decision: 'succeeded' });
  expect(await getTenant(cluster.catalog, held?.request.slug ?? '')).toMatchObject({
    status: 'active',
  });
});

test('a worker that lost a tenant to another one neither undoes nor fails it', async () => {
  const creation = await open(rowsOf(['contended']));
  const steps = {
    verify: async () => {
      await sql`update catalog.creation_items set worker = 'successor' where creation_id = ${creation}`.execute(
        cluster.admin,
      );
      throw Object.assign(new Error('too late'), { name: 'PrivilegesNotEffectiveError' });
    },
  };
  expect(await work(creation, { steps })).toEqual({ created: 0, failed: 1 });
  const tenant = await getTenant(cluster.catalog, 'contended');
  expect(tenant).toMatchObject({ status: 'provisioning', failure: null });
  expect(await countLeftovers(tenant.id)).toBe(4);
});

test('the catalog learns secret and version in the moment that the tenant becomes routable, and only once', async () => {
  const creation = await open(rowsOf(['sudden']));
  const find = async () =>
    await cluster.catalog
      .selectFrom('tenants')
      .select(['status', 'secret_arn', 'version', 'migrations_hash as hash'])
      .where('slug', '=', 'sudden')
      .executeTakeFirstOrThrow();
  const { activate } = creationStepsOn(cluster, secrets);
  let before: unknown;
  const steps: Record<string, Step> = {
    activate: async (state) => {
      before ??= await find();
      await activate(state);
      return await activate(state);
    },
  };
  expect(await work(creation, { steps })).toEqual({ created: 1, failed: 0 });
  expect(before).toEqual({ status: 'provisioning', secret_arn: null, version: null, hash: null });
  const { id } = await getTenant(cluster.catalog, 'sudden');
  const { hash, migrations } = cluster.compiled.scopes.tenant;
  const [secretArn, version] = [`arn:secret:${id}`, migrations.at(-1)?.id];
  expect(await find()).toEqual({ status: 'active', secret_arn: secretArn, version, hash });
  const audit = cluster.catalog.selectFrom('audit').select('outcome').where('tenant_id', '=', id);
  expect(await audit.execute()).toEqual([{ outcome: 'done' }]);
});

test('a tenant that was active when its worker died is not touched again', async () => {
  const creation = await open(rowsOf(['finished']));
  await work(creation);
  await sql`update catalog.creation_items set status = 'working', lease_until = now() - interval '1 second'
    where creation_id = ${creation}`.execute(cluster.admin);
  const steps = { 'store-secret': () => Promise.reject(new Error('touched')) };
  expect(await work(creation, { steps })).toEqual({ created: 1, failed: 0 });
});

test('a worker without time takes no further tenant and leaves none half done', async () => {
  const creation = await open(rowsOf(namesOf('hurried', 6)));
  let asked = 0;
  const result = await runCreationWorker({
    catalog: cluster.catalog,
    steps: creationStepsOn(cluster, secrets),
    lanes: 2,
    worker: { creation, name: 'hurried', leaseSeconds: 60 },
    hasTime: () => (asked += 1) <= 3,
  });
  expect(result).toEqual({ created: 3, failed: 0 });
  const state = { creation, workers: [1] };
  expect(await judgeCreation(cluster.catalog, state)).toMatchObject({ decision: 'go' });
  expect((await getCreation(cluster.catalog, creation)).created).toBe(3);
});
