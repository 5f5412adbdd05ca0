import { describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { revertMigrations, tenantTarget } from '@tenantry/migrations';
import {
  findRunOfExecution,
  finishRun,
  listTenantVersions,
  nextWave,
  type TenantId,
} from '@tenantry/tenancy';
import { unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { targetSetOf } from '../migration-set.ts';
import { beginRun } from './begin-run.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

describe('selection at the start', () => {
  test('tenants that are not ready are left out and named, and break nothing', async () => {
    await system.addTenants(4);
    await system.setStatus('t-00', 'provisioning');
    await system.setStatus('t-01', 'failed');
    await system.setStatus('t-02', 'deleting');
    await system.build(unique);
    const result = await system.run();
    expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    const { leftOut } = await system.viewOf(result.runId);
    expect(leftOut.map(({ name }) => name)).toEqual(['t-00', 't-01', 't-02']);
    expect(leftOut[1]).toMatchObject({ next: 'tenantry tenant create t-01 --yes' });
  });

  test('a tenant that is deleted while the run is on is skipped', async () => {
    await system.addTenants(2);
    await system.build(unique);
    const { runId } = await beginRun(system.fleet, system.request(), 'deleting');
    await system.setStatus('t-01', 'deleting');
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 1 });
    expect((await system.itemsOf(runId)).get('t-01')).toMatchObject({
      status: 'skipped',
      failure: { message: 'the tenant is deleting' },
    });
  });

  test('the canary is the smallest tenant, then the one with most rows', async () => {
    const ids = await system.addTenants(4);
    for (const [index, rows] of [20, 3, 900, 50].entries()) {
      await sql`insert into ${sql.table(`t_${ids[index]}.item`)} select n, n from generate_series(1, ${rows}) n`.execute(
        system.cluster.admin,
      );
      await sql`analyze ${sql.table(`t_${ids[index]}.item`)}`.execute(system.cluster.admin);
    }
    await system.build(unique);
    const { runId } = await system.run({ pace: { canary: 2 } });
    expect((await system.viewOf(runId)).waves[0]).toMatchObject({
      wave: 1,
      tenants: ['t-01', 't-02'],
    });
  });
});

test('schemas that exist once are migrated when the selector names them, and only then', async () => {
  const [, behind] = await system.addTenants(2);
  await system.build({
    ...unique,
    'shared/base/0001_initial.sql': 'create table fact (n int);\n-- down\ndrop table fact;',
  });
  expect(await system.run({ selector: { all: true, exclude: ['t-01'] } })).toMatchObject({
    migrated: 1,
  });
  const catalog = system.fleet.catalog;
  const shared = () =>
    catalog
      .selectFrom('static_schemas')
      .select('version')
      .where('name', '=', 'shared')
      .executeTakeFirst();
  expect((await shared())?.version ?? null).toBeNull();
  const begun = await beginRun(
    system.fleet,
    system.request({ selector: { scopes: ['shared'] } }),
    'static',
  );
  expect(begun.decision).toBe('nothing');
  expect(await system.viewOf(begun.runId)).toMatchObject({ status: 'succeeded', total: 0 });
  expect((await shared())?.version).toBe('base/0001_initial');
  expect((await system.viewOf(begun.runId)).statics).toEqual([
    { scope: 'shared', applied: ['base/0001_initial'] },
  ]);
  expect(await system.ledgerOf(behind as TenantId)).toEqual(['shop/0001_initial']);
  const down = { kind: 'down', to: null } as const;
  await beginRun(
    system.fleet,
    system.request({ selector: { scopes: ['shared'] }, change: down }),
    'static-down',
  );
  expect((await shared())?.version).toBeNull();
});

test('a schema that exists once and cannot be migrated ends its run, saying so', async () => {
  await system.addTenants(1);
  await system.build({ ...unique, 'shared/bad/0001_bad.sql': 'create table bad (n nothing);' });
  const selector = { scopes: ['shared', 'tenant'], all: true } as const;
  const begin = async () =>
    await beginRun(system.fleet, system.request({ selector }), 'bad-shared');
  await expect(begin()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  const { catalog } = system.fleet;
  const runId = (await findRunOfExecution(catalog, 'bad-shared')) ?? '';
  const failure = {
    step: 'start-run',
    error: 'MigrationFailedError',
    sqlstate: '42704',
    message: 'no',
  };
  expect(await finishRun(catalog, runId, failure)).toMatchObject({ status: 'failed', total: 0 });
  expect(await system.viewOf(runId)).toMatchObject({ status: 'failed', failure });
});

test('one selection migrates the schemas that exist once and all tenants but the excluded', async () => {
  await system.addTenants(3);
  await system.build({ ...unique, 'site/pages/0001_initial.sql': 'create table page (n int);' });
  const result = await system.run({
    selector: { scopes: ['shared', 'site', 'tenant'], all: true, exclude: ['t-01'] },
  });
  expect(result).toMatchObject({ status: 'succeeded', total: 2, migrated: 2 });
  expect((await system.viewOf(result.runId)).statics).toEqual([
    { scope: 'shared', applied: [] },
    { scope: 'site', applied: ['pages/0001_initial'] },
  ]);
  expect([...(await system.itemsOf(result.runId)).keys()].toSorted()).toEqual(['t-00', 't-02']);
});

test('the tables of a module are in the schemas of its scope and nowhere else', async () => {
  const ids = await system.addTenants(2);
  await system.build({
    ...unique,
    'shared/words/0001_initial.sql': 'create table word (n int);',
    'site/leaves/0001_initial.sql': 'create table leaf (n int);',
  });
  await system.run({ selector: { scopes: ['shared', 'site', 'tenant'], all: true } });
  const placesOf = async (table: string) => {
    const { rows } = await sql<{ place: string }>`
      select schemaname::text as place from pg_tables where tablename = ${table} order by 1`.execute(
      system.cluster.admin,
    );
    return rows.map(({ place }) => place);
  };
  expect(await placesOf('word')).toEqual(['shared']);
  expect(await placesOf('leaf')).toEqual(['site']);
  const all = await placesOf('extra');
  expect(ids.map((id) => all.includes(`t_${id}`))).toEqual([true, true]);
  expect(all.filter((place) => !/^t_[a-z0-9]{20}$/.test(place))).toEqual([]);
});

test('tenants at different versions are known each, and one run brings all to the newest', async () => {
  await system.addTenant('empty', { migrate: false });
  await system.addTenant('old');
  await system.build(unique);
  await system.addTenant('new');
  const versions = async () => {
    const set = targetSetOf(system.fleet.compiled);
    const tenants = await listTenantVersions(system.fleet.catalog, set);
    return tenants.map(({ slug, version, isCurrent }) => [slug, version, isCurrent]);
  };
  expect(await versions()).toEqual([
    ['empty', null, false],
    ['new', 'shop/0002_unique', true],
    ['old', 'shop/0001_initial', false],
  ]);
  expect(await system.run()).toMatchObject({ status: 'succeeded', total: 2, migrated: 2 });
  expect((await versions()).every(([, , isCurrent]) => isCurrent)).toBe(true);
});

test('a tenant that is older than the catalog says, as after a restore of its own, is brought up by module', async () => {
  await system.build(unique);
  const id = await system.addTenant('restored');
  const { migrator } = system.cluster;
  const [, newest] = system.fleet.compiled.scopes.tenant.migrations;
  await revertMigrations(migrator, tenantTarget(id), newest === undefined ? [] : [newest]);
  expect(await system.ledgerOf(id)).toEqual(['shop/0001_initial']);
  const result = await system.run({ change: { kind: 'up', module: 'shop' } });
  expect(result).toMatchObject({ status: 'succeeded', migrated: 1 });
  expect(await system.ledgerOf(id)).toEqual(['shop/0001_initial', 'shop/0002_unique']);
});

describe('several clusters', () => {
  test('each works on its own tenants with a concurrency of its own', async () => {
    await system.addTenants(9);
    const { lose } = await system.addCluster('second', 2);
    const ids = [];
    for (let index = 0; index < 3; index += 1)
      ids.push(await system.addTenant(`far-${index}`, { cluster: 'second' }));
    await system.build(unique);
    const pace = { canary: 0, waves: [100] };
    const { runId } = await beginRun(system.fleet, system.request({ pace }), 'two-clusters');
    const { workers } = await nextWave(system.fleet.catalog, runId);
    expect(workers).toEqual([
      { cluster: 'main', number: 0 },
      { cluster: 'main', number: 1 },
      { cluster: 'second', number: 0 },
    ]);
    expect(await system.goOn(runId)).toMatchObject({ status: 'succeeded', migrated: 12 });
    await lose();
  });

  test('that cannot be reached fails its tenants, naming the cluster, and nobody else', async () => {
    await system.addTenants(2);
    const { lose } = await system.addCluster('lost');
    await system.addTenant('far-0', { cluster: 'lost' });
    await lose();
    await system.build(unique);
    const result = await system.run({ pace: { canary: 0, waves: [100] } });
    expect(result).toMatchObject({ status: 'failed', migrated: 2, failed: 1 });
    const [failure] = (await system.viewOf(result.runId)).failures;
    expect(failure).toMatchObject({
      slug: 'far-0',
      message: expect.stringContaining('cluster lost: '),
    });
  });
});
