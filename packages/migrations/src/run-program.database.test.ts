import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
} from '../../../test/support/open-test-cluster.ts';
import { applyMigrations, readLedger, revertMigrations, tenantTarget } from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster.close();
});

const initial = `create table item (id int primary key, name text, who text);
insert into item values (1, 'a'), (2, 'b'), (3, 'a');`;

const program = `export const reads = true;
export async function up(db, { sql }) {
  const names = await db.selectFrom('item').select('name').distinct().execute();
  await db.schema.createTable('name').addColumn('name', 'text').execute();
  await db.insertInto('name').values(names).execute();
  await sql\`update item set who = current_user || ' ' || current_setting('search_path')\`.execute(db);
}
export async function down(db) { await db.schema.dropTable('name').execute(); }`;

async function compile(text: string) {
  return await compileTenantFiles({
    'polls/0001_a.sql': initial,
    'polls/0002_b.ts': text,
    'polls/0003_c.sql': 'alter table item add column last int;',
  });
}

test('a program reads the data of its schema and decides, as the owner, between the migrations beside it', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const migrations = await compile(program);
  const result = await applyMigrations(cluster.migrator, target, migrations);
  expect(result).toEqual({
    applied: ['polls/0001_a', 'polls/0002_b', 'polls/0003_c'],
    version: 'polls/0003_c',
  });
  expect(await tenant.db.selectFrom('name').select('name').orderBy('name').execute()).toEqual([
    { name: 'a' },
    { name: 'b' },
  ]);
  expect(await tenant.db.selectFrom('item').select('who').distinct().execute()).toEqual([
    { who: `${tenant.owner} "${tenant.schema}", pg_temp` },
  ]);
  expect((await applyMigrations(cluster.migrator, target, migrations)).applied).toEqual([]);
});

test('a program that fails leaves nothing: its tables, its rows and its claim are gone', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const failing = `${program.slice(0, program.indexOf('await sql'))} await sql\`select 1 / 0\`.execute(db); }`;
  await expect(
    applyMigrations(cluster.migrator, target, await compile(failing)),
  ).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    failure: { migration: 'polls/0002_b', sqlstate: '22012', message: 'division by zero' },
  });
  expect((await readLedger(cluster.migrator, target)).map(({ id }) => id)).toEqual([
    'polls/0001_a',
  ]);
  const repaired = await applyMigrations(cluster.migrator, target, await compile(program));
  expect(repaired.applied).toEqual(['polls/0002_b', 'polls/0003_c']);
});

test('of workers at once one runs the program', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const migrations = await compile(program);
  const results = await Promise.all(
    Array.from({ length: 4 }, () =>
      applyMigrations(
        cluster.openAs('platform_migrator', 'password-of-platform_migrator'),
        target,
        migrations,
      ),
    ),
  );
  expect(results.flatMap(({ applied }) => applied).toSorted()).toEqual([
    'polls/0001_a',
    'polls/0002_b',
    'polls/0003_c',
  ]);
});

test('its way back is a program, too', async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const migrations = (await compile(program)).slice(0, 2);
  await applyMigrations(cluster.migrator, target, migrations);
  const result = await revertMigrations(cluster.migrator, target, migrations.slice(1));
  expect(result).toEqual({ reverted: ['polls/0002_b'], version: 'polls/0001_a' });
  await expect(tenant.db.selectFrom('name').selectAll().execute()).rejects.toThrow(
    /does not exist/,
  );
});

test("all forms work inside of the caller's transaction, call after call, and are gone with it", async () => {
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  const migrations = [
    ...(await compile(program)),
    ...(await compileTenantFiles({
      'zz/0001_index.sql':
        '-- tenantry: transaction off\ncreate index concurrently item_name on item (name);\n-- down\ndrop index concurrently item_name;',
      'zz/0002_batch.sql':
        '-- tenantry: batch\nupdate item set last = 1 where id in (select id from item where last is null limit 2);\n-- down\nupdate item set last = 0;',
    })),
  ];
  const rolledBack = cluster.migrator.transaction().execute(async (trx) => {
    for (const migration of migrations) await applyMigrations(trx, target, [migration]);
    const reverted = await revertMigrations(trx, target, migrations.slice(-2));
    expect(reverted).toEqual({
      reverted: ['zz/0002_batch', 'zz/0001_index'],
      version: 'polls/0003_c',
    });
    const rows = await sql`select last from item`.execute(trx);
    expect(rows.rows).toEqual([{ last: 0 }, { last: 0 }, { last: 0 }]);
    throw new RangeError('enough');
  });
  await expect(rolledBack).rejects.toThrow('enough');
  expect(await readLedger(cluster.migrator, target)).toEqual([]);
});
