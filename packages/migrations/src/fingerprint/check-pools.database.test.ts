import { parsePoolName, type PoolName } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant } from '../../../../test/support/create-pool-tenant.ts';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
} from '../../../../test/support/open-test-cluster.ts';
import type { CompiledScope } from '../compiled-migrations.ts';
import {
  assertMarkFits,
  checkSchemas,
  findBaseline,
  markMigration,
  measureStatements,
  planChange,
  planTenant,
  pooledMigrations,
  poolTarget,
  tenantTarget,
} from '../index.ts';
import { compileFiles } from '../test-files.ts';

let cluster: TestCluster;
let compiled: CompiledScope;
let pools = 0;

beforeAll(async () => {
  cluster = await openTestCluster();
  const files = await compileFiles({
    'tenant/polls/0001_first.sql': `create table author (id bigint generated always as identity primary key, name text unique);
      create table book (id bigserial primary key, author_id int references author on delete set null, price int check (price > 0));
      create index book_price_idx on book (price) where price > 10;
      create view cheap as select * from book where price < 10;
      create function price_of(int) returns int language sql as 'select price from book where id = $1';
      insert into author (name) values ('Ada');`,
    'tenant/polls/0002_second.sql': 'alter table author add column born date;',
    'tenant/polls/0003_index.sql':
      '-- tenantry: transaction off\ncreate index concurrently author_born_idx on author (born);',
  });
  compiled = files.scopes.tenant;
});
afterAll(async () => {
  await cluster.close();
});

const newPool = (): PoolName => parsePoolName(`c${(pools += 1)}`);

/** A pool with a tenant and so many of the migrations. */
async function createPool(count = compiled.migrations.length) {
  const pool = newPool();
  const migrations = pooledMigrations(compiled.migrations).slice(0, count);
  await createPoolTenant(cluster, pool, migrations);
  return poolTarget(pool);
}

async function changeByHand(schema: string, change: string): Promise<void> {
  await cluster.provisioner.transaction().execute(async (trx) => {
    await sql`set local search_path = ${sql.id(schema)}`.execute(trx);
    await sql.raw(change.replaceAll('GROUP', schema)).execute(trx);
  });
}

const check = async (...targets: Parameters<typeof checkSchemas>[2]['targets'][number][]) =>
  await checkSchemas(cluster.migrator, 'tenant', { compiled, targets });

test('pools are compared with what the migrations make in a pool, at whichever version, next to schemas of tenants', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const targets = [
    await createPool(),
    await createPool(1),
    await createPool(),
    tenantTarget(tenant.id),
  ];
  const { findings, fingerprints } = await check(...targets);
  expect(findings).toEqual([]);
  expect(fingerprints.size).toBe(4);
  expect(new Set(fingerprints.values()).size).toBe(3);
});

test.each([
  ['alter table book disable row level security', 'table book'],
  ['drop policy tenant_rows on author', 'policy author.tenant_rows'],
  ['grant truncate on book to GROUP', 'table book'],
  ['drop index book_price_idx', 'index book_price_idx'],
  ['alter view cheap reset (security_invoker)', 'view cheap'],
])('a pool that was changed by hand is named with the object: %s', async (change, object) => {
  const target = await createPool();
  await changeByHand(target.schema, change);
  const { findings } = await check(target);
  expect(findings).toEqual([expect.objectContaining({ schema: target.schema, object })]);
});

test('a migration of a pool can be marked when the objects fit, and a pool without a ledger finds its baseline', async () => {
  const target = await createPool(1);
  const [, second] = compiled.migrations;
  if (second === undefined) throw new TypeError('no migration');
  const mark = { compiled, migration: second, as: 'applied' } as const;
  await expect(assertMarkFits(cluster.migrator, target, mark)).rejects.toMatchObject({
    code: 'MIGRATION_MISMATCH',
  });
  await changeByHand(
    target.schema,
    'alter table author add column born date; alter table author alter column born set statistics 0; grant update (born) on author to GROUP',
  );
  await assertMarkFits(cluster.migrator, target, mark);
  const marked = await markMigration(cluster.migrator, target, second, { as: 'applied' });
  expect(marked.version).toBe(second.id);
  await changeByHand(target.schema, 'drop table tenantry_ledger, tenantry_members');
  const baseline = await findBaseline(cluster.migrator, target, compiled.migrations);
  expect(baseline.map(({ id }) => id)).toEqual(['polls/0001_first', 'polls/0002_second']);
});

test('a plan for a pool says the statements in the form for shared tables, and measures them', async () => {
  const target = await createPool(2);
  const what = { compiled, change: { kind: 'up' } } as const;
  const plan = await planTenant(cluster.migrator, target, what);
  expect(plan.migrations.flatMap(({ statements }) => statements.map((one) => one.sql))).toEqual([
    expect.stringMatching(/^create index concurrently .*p_c\d+.*\(tenant, born\)$/),
  ]);
  const change = await planChange(cluster.migrator, await createPool(1), what);
  expect(change.isPooled).toBe(true);
  expect(await measureStatements(cluster.migrator, change)).toBeGreaterThan(0);
});
