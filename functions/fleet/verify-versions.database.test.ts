import { revertMigrations, tenantTarget, poolTarget } from '@tenantry/migrations';
import {
  correctVersions,
  listTenantVersions,
  parsePoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { addPoolTenant } from '../../test/support/add-pool-tenant.ts';
import { unique, type ShopFleet } from '../../test/support/open-shop-fleet.ts';
import { shareShopFleet } from '../../test/support/share-shop-fleet.ts';
import { targetSetOf } from '../migration-set.ts';
import { verifyVersions } from './verify-versions.ts';

let system: ShopFleet;
shareShopFleet((fleet) => (system = fleet));

const [first, newest] = ['shop/0001_initial', 'shop/0002_unique'];

/** Puts a tenant's tables back to the first migration, as a restore does that the catalog knows nothing of. */
async function restore(id: TenantId): Promise<void> {
  await revert(tenantTarget(id));
  expect(await system.ledgerOf(id)).toEqual([first]);
}

async function revert(target: ReturnType<typeof tenantTarget>): Promise<void> {
  const { migrations } = system.fleet.compiled.scopes.tenant;
  await revertMigrations(system.cluster.migrator, target, migrations.slice(1));
}

async function versions() {
  const set = targetSetOf(system.fleet.compiled);
  const tenants = await listTenantVersions(system.fleet.catalog, set);
  return Object.fromEntries(
    tenants.map(({ slug, version, isCurrent }) => [slug, [version, isCurrent]]),
  );
}

async function auditOf(action: string) {
  const { rows } = await sql<{ tenant_id: string; run_id: string | null; details: unknown }>`
    select tenant_id, run_id, details from catalog.audit where action = ${action} order by id`.execute(
    system.cluster.admin,
  );
  return rows;
}

describe('a tenant that is older than the catalog says, as after a restore of its own,', () => {
  let id: TenantId;
  const add = async () => {
    await system.build(unique);
    await system.addTenants(3);
    id = await system.addTenant('restored');
    await restore(id);
  };

  test('is in no run that believes the catalog, and is brought up alone by one that asks the ledgers', async () => {
    await add();
    expect(await system.run()).toMatchObject({ status: 'succeeded', total: 0 });
    const result = await system.run({ verify: true });
    expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    expect([...(await system.itemsOf(result.runId)).keys()]).toEqual(['restored']);
    expect(await system.ledgerOf(id)).toEqual([first, newest]);
    const told = { from: newest, to: first, pending: 1 };
    expect((await system.viewOf(result.runId)).corrected).toEqual([
      { slug: 'restored', tenantId: id, pool: null, ...told },
    ]);
    expect(await auditOf('correct-version')).toEqual([
      { tenant_id: id, run_id: result.runId, details: told },
    ]);
    expect(await system.run({ verify: true })).toMatchObject({ total: 0 });
  });

  test('is brought up when it is named, and so are those named with it', async () => {
    await add();
    const selector = { tenants: ['restored', 't-01'] };
    const result = await system.run({ selector });
    expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
    expect(await system.ledgerOf(id)).toEqual([first, newest]);
    expect(await system.run({ selector })).toMatchObject({ status: 'succeeded', total: 0 });
  });

  test.each([{ behind: true }, { behind: newest }, { where: { version: first } }] as const)(
    'is found by the version that it has: %j',
    async (selector) => {
      await add();
      expect(await system.run({ selector })).toMatchObject({ total: 0 });
      expect(await system.run({ selector, verify: true })).toMatchObject({ total: 1, migrated: 1 });
    },
  );
});

test('a ledger that lacks one in the middle is found, too', async () => {
  await system.build({ ...unique, 'tenant/shop/0003_last.sql': 'create table last (n int);' });
  const [id] = await system.addTenants(1);
  await sql`delete from ${sql.table(`t_${id}.tenantry_ledger`)} where id = ${newest}`.execute(
    system.cluster.admin,
  );
  await verifyVersions(system.fleet, { all: true }, { actor: 'test' });
  expect(await versions()).toEqual({ 't-00': ['shop/0003_last', false] });
});

test('a tenant that is newer than the catalog says becomes current by a run, which looks at its files, and by nothing else', async () => {
  const [id] = await system.addTenants(1);
  await system.build(unique);
  await system.run();
  const behind = { version: first, migrations_hash: 'older' };
  await system.fleet.catalog.updateTable('tenants').set(behind).execute();
  const { corrected } = await verifyVersions(system.fleet, { all: true }, { actor: 'test' });
  expect(corrected).toEqual([
    { slug: 't-00', tenantId: id, pool: null, from: first, to: newest, pending: 0 },
  ]);
  expect(await versions()).toEqual({ 't-00': [newest, false] });
  expect(await system.run()).toMatchObject({ total: 1, migrated: 0, failed: 0 });
  expect(await versions()).toEqual({ 't-00': [newest, true] });
});

test('nothing is written for tenants of whom the catalog knows what their ledgers say', async () => {
  await system.addTenants(3);
  await system.addTenant('empty', { migrate: false });
  await system.build(unique);
  const before = await versions();
  const verified = await verifyVersions(system.fleet, { all: true }, { actor: 'test' });
  expect(verified).toEqual({ checked: 4, corrected: [], unread: [] });
  expect(await versions()).toEqual(before);
  expect(await auditOf('correct-version')).toEqual([]);
});

test('tables that tenants share are looked at once and set right for all of them, and a run changes them once', async () => {
  await system.build(unique);
  const ids = [];
  for (const slug of ['one', 'two', 'three']) ids.push(await addPoolTenant(system, slug));
  await addPoolTenant(system, 'else', { pool: 'other' });
  await revert(poolTarget(parsePoolName('main')));
  const selector = { tenants: ['two'] };
  const { corrected } = await verifyVersions(system.fleet, selector, { actor: 'test' });
  expect(corrected.map(({ slug, pool }) => [slug, pool])).toEqual([
    ['one', 'main'],
    ['three', 'main'],
    ['two', 'main'],
  ]);
  expect(await system.run({ verify: true })).toMatchObject({ total: 3, migrated: 1, failed: 0 });
  expect(Object.values(await versions()).every(([, isCurrent]) => isCurrent)).toBe(true);
});

test('on every cluster ledgers are read; of one that cannot be reached the run itself says why', async () => {
  await system.build(unique);
  await system.addTenants(1);
  const second = await system.addCluster('second');
  await system.addTenant('far', { cluster: 'second' });
  const { lose } = await system.addCluster('lost');
  await system.addTenant('gone', { cluster: 'lost' });
  const opened = await system.fleet.openCluster('second');
  const far = await system.fleet.catalog
    .selectFrom('tenants')
    .select('id')
    .where('slug', '=', 'far')
    .executeTakeFirstOrThrow();
  const { migrations } = system.fleet.compiled.scopes.tenant;
  const target = tenantTarget(far.id as TenantId);
  await revertMigrations(opened.migrator, target, migrations.slice(1));
  await lose();
  const pace = { canary: 0, waves: [100] };
  const result = await system.run({ verify: true, pace });
  expect(result).toMatchObject({ status: 'failed', total: 2, migrated: 1, failed: 1 });
  const { failures, corrected } = await system.viewOf(result.runId);
  expect(corrected?.map(({ slug }) => slug)).toEqual(['far']);
  expect(failures).toMatchObject([
    { slug: 'gone', message: expect.stringContaining('cluster lost: ') },
  ]);
  expect(await versions()).toMatchObject({ gone: [newest, true], far: [newest, true] });
  await second.lose();
});

test('what somebody noted meanwhile is left as it is', async () => {
  await system.build(unique);
  const [id] = await system.addTenants(1);
  const known = {
    id: id ?? '',
    slug: 't-00',
    clusterId: 'main',
    database: null,
    pool: null,
    version: first ?? '',
    hash: 'older',
  };
  const wrong = { known, version: null, hash: null, pending: 2 };
  expect(await correctVersions(system.fleet.catalog, [wrong], { actor: 'test' })).toEqual([]);
  expect(await versions()).toEqual({ 't-00': [newest, true] });
});

test('a run that asks the ledgers is no run that believes the catalog, nor the other way round', async () => {
  await system.addTenants(1);
  await system.build(unique);
  const pace = { startAt: '2100-01-01T00:00:00Z' };
  const [believing, asking, same] = [
    await system.run({ pace }),
    await system.run({ pace, verify: true }),
    await system.run({ pace, verify: true }),
  ];
  expect(asking.runId).not.toBe(believing.runId);
  expect(same.runId).toBe(asking.runId);
});
