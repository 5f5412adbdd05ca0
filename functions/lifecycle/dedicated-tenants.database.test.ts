import { admitToOwnRoute, provisionSharedLogin } from '@tenantry/database';
import {
  activateTenant,
  findFurtherCluster,
  findOwnRoute,
  findRoute,
  forgetOwnCluster,
  getTenant,
  listClusterViews,
  listDedicatedTenants,
  markTenantFailed,
  openCreation,
  parseCreateTenantRequest,
  parseHost,
  reserveTenant,
  schemaNameOf,
  setCluster,
  type CatalogDb,
  type CreateTenantState,
  type TenantId,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplicationStack } from '../applications/application-stacks.ts';
import {
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../test/support/open-test-cluster.ts';
import { launcherSteps } from './launcher-steps.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => await cluster?.close());

const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:dedicated';

function requestFor(slug: string, more: Readonly<Record<string, unknown>> = {}) {
  const input = { slug, isolation: 'dedicated', actor: 'test', ...more };
  return parseCreateTenantRequest(input, { baseDomain: 'tenants.test' });
}

/** The launcher's steps for a stack that is whole. */
function openLauncher(id: TenantId, { isThere = true } = {}) {
  const prepared: string[] = [];
  const stack: ApplicationStack = {
    id: 'arn:stack',
    name: `tenantry-test-t-${id}`,
    status: 'CREATE_COMPLETE',
    phase: 'ready',
    createdAt: new Date(),
    parameters: {},
    outputs: {
      ClusterArn: `arn:aws:rds:us-east-1:000000000000:cluster:tenantry-test-t-${id}`,
      AdminSecretArn: 'arn:admin',
    },
  };
  const steps = launcherSteps({
    catalog: cluster.catalog,
    stacks: {
      nameOf: () => stack.name,
      find: () => Promise.resolve(isThere ? stack : undefined),
      create: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      explainFailure: () => Promise.resolve('it failed'),
      describeWork: () => Promise.resolve('since now'),
    },
    openCluster: (place) => {
      prepared.push(place.clusterArn);
      return Promise.resolve({
        provisionerSecretArn: 'arn:provisioner',
        migratorSecretArn: 'arn:migrator',
        indexerSecretArn: 'arn:indexer',
        auditorSecretArn: 'arn:auditor',
      });
    },
  });
  return { steps, stack, prepared };
}

/** A dedicated tenant that is active, as far as the catalog goes. */
async function addDedicated(slug: string): Promise<TenantId> {
  const request = requestFor(slug);
  const id = await reserveTenant(cluster.catalog, request, `create-${slug}`);
  await openLauncher(id).steps['await-launch']({ request, tenantId: id, secretArn });
  await activateTenant(cluster.catalog, id, { actor: 'test', secretArn, migrated: null });
  return id;
}

test('a dedicated tenant takes no place of others and gets its cluster with its launch, however often that runs', async () => {
  const { catalog } = cluster;
  await setCluster(catalog, 'main', { capacity: 0, actor: 'test' });
  const request = requestFor('first');
  const id = await reserveTenant(catalog, request, 'create-first');
  expect(await findFurtherCluster(catalog, id)).toBeUndefined();
  const { steps, stack, prepared } = openLauncher(id);
  const state: CreateTenantState = { request, tenantId: id, secretArn };
  const [launched] = await Promise.all([
    steps['await-launch'](state),
    steps['await-launch'](state),
  ]);
  await steps['await-launch'](state);
  expect(prepared).toHaveLength(3);
  expect(launched.cluster).toEqual(await findFurtherCluster(catalog, id));
  expect(await getTenant(catalog, id)).toMatchObject({ cluster: id, stack: stack.name });
  const views = await listClusterViews(catalog);
  expect(views.filter((view) => view.stack === stack.name)).toMatchObject([
    { id, tenants: 1, capacity: 1, arn: stack.outputs['ClusterArn'] },
  ]);
  expect(views.find((view) => view.id === 'main')).toMatchObject({ tenants: 0, stack: null });
  await setCluster(catalog, 'main', { capacity: 100, actor: 'test' });
});

test('nobody else gets a place on the cluster of a dedicated tenant, and its places are not to be changed', async () => {
  const { catalog } = cluster;
  const id = await addDedicated('alone');
  await setCluster(catalog, 'main', { capacity: 0, actor: 'test' });
  const neighbour = requestFor('neighbour', { isolation: 'schema' });
  await expect(reserveTenant(catalog, neighbour, 'create-neighbour')).rejects.toMatchObject({
    code: 'CLUSTER_FULL',
  });
  const intruder = { ...neighbour, cluster: id };
  await expect(reserveTenant(catalog, intruder, 'create-intruder')).rejects.toMatchObject({
    code: 'CLUSTER_NOT_FOUND',
  });
  await setCluster(catalog, 'main', { capacity: 100, actor: 'test' });
  for (const change of [{ capacity: 5 }, { status: 'closed' as const }]) {
    await expect(setCluster(catalog, id, { ...change, actor: 'test' })).rejects.toMatchObject({
      code: 'TENANT_INPUT_INVALID',
      next: `tenantry tenant show ${id}`,
    });
  }
  expect(await setCluster(catalog, id, { concurrency: 2, actor: 'test' })).toMatchObject({
    concurrency: 2,
  });
});

test('a login of a dedicated tenant sees where its own hosts lead, and no other row of the catalog', async () => {
  const { catalog } = cluster;
  const [one, other] = [await addDedicated('seer'), await addDedicated('seen')];
  for (const id of [one, other]) {
    await provisionSharedLogin(cluster.provisioner, id, { password: `password-of-${id}` });
  }
  await admitToOwnRoute(cluster.provisioner, one);
  const loginOf = (id: TenantId): AnyDb => cluster.openAs(schemaNameOf(id), `password-of-${id}`);
  const db = loginOf(one);
  const rows = await sql<{ host: string }>`select host from catalog.own_routes`.execute(db);
  expect(rows.rows).toEqual([{ host: 'seer.tenants.test' }]);
  const refused = { message: expect.stringContaining('permission denied') };
  await expect(sql`select host from catalog.routes`.execute(db)).rejects.toMatchObject(refused);
  await expect(sql`select id from catalog.tenants`.execute(db)).rejects.toMatchObject(refused);
  await expect(
    sql`select host from catalog.own_routes`.execute(loginOf(other)),
  ).rejects.toMatchObject(refused);
  const reached = await sql<{ what: string }>`
    select c.relname::text || ' ' || privilege as what
    from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'catalog',
      unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
    where c.relkind in ('r', 'p', 'v', 'm') and has_table_privilege(c.oid, privilege)`.execute(db);
  expect(reached.rows).toEqual([{ what: 'own_routes SELECT' }]);
  // Tried on a row of somebody else, the cast fails with the slug in its message.
  const leaky = sql`select 1 from catalog.own_routes
    where case when tenant_id <> ${one} then cast(slug as integer) = 0 else false end`;
  expect((await leaky.execute(db)).rows).toEqual([]);
  expect((await findRoute(catalog, parseHost('seen.tenants.test')))?.tenant.id).toBe(other);
  const explain = async (host: string): Promise<string> => {
    const { rows: plan } = await sql<{ 'QUERY PLAN': string }>`
      explain (analyze, costs off, timing off, summary off, buffers off)
      select 1 from catalog.own_routes where host = ${sql.lit(host)}`.execute(db);
    return plan
      .map((line) => line['QUERY PLAN'])
      .join('\n')
      .replaceAll(host, 'HOST');
  };
  expect(await explain('seen.tenants.test')).toBe(await explain('nobody.tenants.test'));
});

test('the route of a dedicated tenant follows the catalog, through its own login', async () => {
  const id = await addDedicated('follower');
  await provisionSharedLogin(cluster.provisioner, id, { password: 'secret' });
  await admitToOwnRoute(cluster.provisioner, id);
  const login = cluster.openAs(schemaNameOf(id), 'secret');
  const own = login.withSchema('catalog') as unknown as CatalogDb;
  const host = parseHost('follower.tenants.test');
  expect(await findOwnRoute(own, host)).toMatchObject({ tenant: { id, status: 'active' } });
  await cluster.catalog
    .updateTable('tenants')
    .set({ status: 'suspended' })
    .where('id', '=', id)
    .execute();
  expect((await findOwnRoute(own, host))?.tenant.status).toBe('suspended');
  expect(await findOwnRoute(own, parseHost('seen.tenants.test'))).toBeUndefined();
});

test('a removed stack takes its cluster out of the catalog, and the tenant is at home again', async () => {
  const { catalog } = cluster;
  const id = await addDedicated('leaver');
  const { steps } = openLauncher(id);
  await expect(steps.remove({ tenantId: id })).rejects.toMatchObject({
    code: 'APPLICATION_REMOVING',
  });
  expect(await getTenant(catalog, id)).toMatchObject({ cluster: 'main', stack: null });
  const gone = openLauncher(id, { isThere: false });
  const state = { tenantId: id };
  expect(await gone.steps.remove(state)).toBe(state);
});

test('a failed tenant that is made anew begins without a cluster, whatever it was and becomes', async () => {
  const { catalog } = cluster;
  const request = requestFor('again');
  const id = await reserveTenant(catalog, request, 'create-again-1');
  await openLauncher(id).steps['await-launch']({ request, tenantId: id, secretArn });
  const failure = { step: 'provision', error: 'Error', sqlstate: null, message: 'no' };
  await markTenantFailed(catalog, 'create-again-1', failure);
  const rows = [{ line: 2, request: requestFor('again', { isolation: 'schema' }) }];
  expect(await openCreation(catalog, rows, { actor: 'test' })).toMatchObject({
    status: 'refused',
  });
  expect(await reserveTenant(catalog, request, 'create-again-2')).toBe(id);
  expect(await findFurtherCluster(catalog, id)).toBeUndefined();
  await markTenantFailed(catalog, 'create-again-2', failure);
  await forgetOwnCluster(catalog, id);
  const plain = requestFor('again', { isolation: 'schema' });
  expect(await reserveTenant(catalog, plain, 'create-again-3')).toBe(id);
  expect(await getTenant(catalog, id)).toMatchObject({ cluster: 'main', isolation: 'schema' });
});

test('dedicated tenants are listed while they are made or used', async () => {
  const slugs = (await listDedicatedTenants(cluster.catalog)).map(({ slug }) => slug);
  expect(slugs).toEqual(slugs.toSorted());
  expect(slugs).toContain('first');
  expect(slugs).toContain('follower');
  expect(slugs).not.toContain('again');
});

test('a stack that does not say where its cluster is fails by itself', async () => {
  const request = requestFor('mute');
  const id = await reserveTenant(cluster.catalog, request, 'create-mute');
  const { steps, stack } = openLauncher(id);
  delete (stack.outputs as Record<string, string>)['ClusterArn'];
  await expect(steps['await-launch']({ request, tenantId: id, secretArn })).rejects.toThrow(
    'does not say where its cluster is',
  );
});
