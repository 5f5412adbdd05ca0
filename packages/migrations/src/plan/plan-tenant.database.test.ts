import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
} from '../../../../test/support/open-test-cluster.ts';
import { applyMigrations } from '../apply-migrations.ts';
import { compileMigrations } from '../compile-migrations.ts';
import type { CompiledScope } from '../compiled-migrations.ts';
import { tenantTarget } from '../migration-targets.ts';
import { measureStatements, sumRows } from './measure-change.ts';
import { planChange } from './plan-change.ts';
import { planTenant } from './plan-tenant.ts';

let cluster: TestCluster;
let root = '';
let compiled: CompiledScope;

const files = {
  'tenant/shop/0001_order.sql':
    'create table orders (id int primary key, state text);\ncreate table item (id int, order_id int references orders);\n-- down\ndrop table item;\ndrop table orders;',
  'tenant/shop/0002_state_idx.sql':
    '-- tenantry: transaction off\ncreate index concurrently orders_state_idx on orders (state);\n-- down\ndrop index concurrently orders_state_idx;',
  'tenant/shop/0003_fill.sql':
    "-- tenantry: batch\nupdate orders set state = 'new' where id in (select id from orders where state is null limit 1000);\n-- down\nselect 1;",
  'tenant/shop/0004_required.sql':
    'alter table orders alter column state set not null;\n-- down\nalter table orders alter column state drop not null;',
};

const up = { kind: 'up' } as const;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenantry-plan-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  compiled = (await compileMigrations({ roots: [root] })).scopes.tenant;
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster?.close();
  await rm(root, { recursive: true });
});

/** A tenant with the first migration only, and so many orders. */
async function createShop(orders: number) {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  await applyMigrations(cluster.migrator, target, compiled.migrations.slice(0, 1));
  await sql`insert into orders select n from generate_series(1, cast(${orders} as int)) n`.execute(
    tenant.db,
  );
  return { tenant, target };
}

test('each form is shown as it runs in this schema: an index outside of transactions with the schema in its text', async () => {
  const { tenant, target } = await createShop(3);
  const plan = await planTenant(cluster.migrator, target, { compiled, change: up });
  expect(plan).toMatchObject({ from: 'shop/0001_order', to: 'shop/0004_required' });
  expect(plan.migrations.map(({ id, form, statements }) => [id, form, statements[0]?.sql])).toEqual(
    [
      [
        'shop/0002_state_idx',
        'concurrent',
        `create index concurrently orders_state_idx on "${tenant.schema}".orders (state)`,
      ],
      [
        'shop/0003_fill',
        'batch',
        "update orders set state = 'new' where id in (select id from orders where state is null limit 1000)",
      ],
      ['shop/0004_required', 'transaction', 'alter table orders alter column state set not null'],
    ],
  );
  expect(plan.migrations.map(({ statements }) => statements[0]?.effects[0])).toEqual([
    { table: 'orders', lock: 'SHARE UPDATE EXCLUSIVE', cost: 'scan', rows: 3 },
    { table: 'orders', lock: 'ROW EXCLUSIVE', cost: 'rewrite', rows: 3 },
    { table: 'orders', lock: 'ACCESS EXCLUSIVE', cost: 'scan', rows: 3 },
  ]);
});

test('for a schema without migrations everything is one transaction, and no table has rows yet', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const plan = await planTenant(cluster.migrator, tenantTarget(tenant.id), {
    compiled,
    change: up,
  });
  expect(plan.from).toBeNull();
  expect(plan.migrations.map(({ form }) => form)).toEqual(Array(4).fill('transaction'));
  expect(plan.migrations[1]?.statements[0]?.sql).toBe(
    'create index orders_state_idx on orders (state)',
  );
  const effects = plan.migrations.flatMap(({ statements }) => statements.flatMap((s) => s.effects));
  expect(effects.every(({ rows }) => rows === null)).toBe(true);
});

test('the statements of a plan are the ones that then run: each of them fails where the plan has it', async () => {
  const { target } = await createShop(1);
  const { migrations } = await planTenant(cluster.migrator, target, { compiled, change: up });
  const last = migrations.at(-1);
  const applying = applyMigrations(
    cluster.migrator,
    target,
    compiled.migrations.filter(({ id }) => id === 'shop/0001_order' || id === last?.id),
  );
  await expect(applying).rejects.toMatchObject({
    failure: {
      migration: last?.id,
      statement: 1,
      sql: last?.statements[0]?.sql,
      sqlstate: '23502',
    },
  });
});

test('large tables are estimated by what the planner knows, an index counts as its table', async () => {
  const { tenant, target } = await createShop(20_000);
  await sql`analyze ${sql.table(`${tenant.schema}.orders`)}`.execute(cluster.admin);
  await sql`delete from orders where id <= 10`.execute(tenant.db);
  const indexer = cluster.openAs('platform_indexer', 'password-of-platform_indexer');
  await applyMigrations(cluster.migrator, target, compiled.migrations.slice(0, 2), { indexer });
  const down = { kind: 'down', to: 'shop/0001_order' } as const;
  const plan = await planTenant(cluster.migrator, target, { compiled, change: down });
  expect(plan).toMatchObject({ from: 'shop/0002_state_idx', to: 'shop/0001_order' });
  expect(plan.migrations[0]).toMatchObject({
    direction: 'down',
    statements: [
      {
        sql: `drop index concurrently "${tenant.schema}".orders_state_idx`,
        effects: [{ table: 'orders', lock: 'SHARE UPDATE EXCLUSIVE' }],
      },
    ],
  });
  const rows = plan.migrations[0]?.statements[0]?.effects[0]?.rows ?? 0;
  expect(Math.abs(rows - 20_000)).toBeLessThan(100);
});

test('a table with many rows under a blocking lock is a risk, the same table with few is none', async () => {
  const risksOf = async (orders: number) => {
    const { target } = await createShop(orders);
    const plan = await planTenant(cluster.migrator, target, { compiled, change: up });
    return plan.migrations.flatMap(({ risks }) => risks.map(({ rule }) => rule));
  };
  expect(await risksOf(1500)).toEqual(['long-lock']);
  expect(await risksOf(15)).toEqual([]);
});

test('planning and measuring a change leave the schema and the reference as they were', async () => {
  const { tenant, target } = await createShop(2000);
  const change = await planChange(cluster.migrator, target, { compiled, change: up });
  expect(await measureStatements(cluster.migrator, change)).toBeGreaterThan(0);
  const rows = await sumRows(cluster.migrator, [target], change);
  expect(rows.scannedRows).toBeGreaterThanOrEqual(rows.writtenRows);
  const { rows: left } =
    await sql`select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'tenantry_reference' or (n.nspname = ${tenant.schema} and c.relname = 'orders_state_idx')`.execute(
      cluster.admin,
    );
  expect(left).toEqual([]);
});

test('an applied migration whose file was changed stops the plan', async () => {
  const { target } = await createShop(1);
  const changed = compiled.migrations.map((migration) => ({ ...migration, checksum: 'other' }));
  await expect(
    planTenant(cluster.migrator, target, {
      compiled: { hash: 'h', migrations: changed },
      change: up,
    }),
  ).rejects.toMatchObject({ code: 'MIGRATION_DRIFT', migration: 'shop/0001_order' });
});

test('taking back to a migration that the schema has not reached is nothing to do, to an unknown one a mistake', async () => {
  const { target } = await createShop(1);
  const to = (id: string) => ({ compiled, change: { kind: 'down', to: id } as const });
  const plan = await planTenant(cluster.migrator, target, to('shop/0004_required'));
  expect(plan).toMatchObject({ migrations: [], from: 'shop/0001_order', to: 'shop/0001_order' });
  await expect(planTenant(cluster.migrator, target, to('shop/0004_requird'))).rejects.toMatchObject(
    { code: 'MIGRATION_NOT_FOUND' },
  );
});
