import { sql, type KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
  type TestTenant,
} from '../../../test/support/open-test-cluster.ts';
import { listApplied } from './list-applied.ts';
import { tenantTarget } from './migration-targets.ts';

let cluster: TestCluster;
/** Ids of the sample application's migrations. */
let all: string[];

beforeAll(async () => {
  cluster = await openTestCluster();
  all = cluster.compiled.scopes.tenant.migrations.map(({ id }) => id);
});
afterAll(async () => await cluster?.close());

const targetsOf = (tenants: readonly TestTenant[]) => tenants.map(({ id }) => tenantTarget(id));

async function forgetLast({ schema }: TestTenant): Promise<void> {
  await sql`delete from ${sql.id(schema, 'tenantry_ledger')} where id = ${all.at(-1)}`.execute(
    cluster.admin,
  );
}

/** Counts the queries, and does something behind the first of them. */
function afterFirstQuery(act: () => Promise<void>): { count: number; plugin: KyselyPlugin } {
  const queries = {
    count: 0,
    plugin: {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        queries.count += 1;
        if (queries.count === 1) await act();
        return result;
      },
    } satisfies KyselyPlugin,
  };
  return queries;
}

test('each schema answers with its own migrations, oldest first; an empty one and one that is gone with none', async () => {
  const [full, older, empty, gone] = [
    await createTestTenant(cluster),
    await createTestTenant(cluster),
    await createTestTenant(cluster, { migrate: false }),
    await createTestTenant(cluster),
  ];
  await forgetLast(older);
  await sql`drop schema ${sql.id(gone.schema)} cascade`.execute(cluster.admin);
  const applied = await listApplied(cluster.migrator, targetsOf([full, older, empty, gone]));
  expect(Object.fromEntries(applied)).toEqual({
    [full.schema]: all,
    [older.schema]: all.slice(0, -1),
    [empty.schema]: [],
    [gone.schema]: [],
  });
});

test('schemas with the same migrations take two queries, however many they are', async () => {
  const tenants = [];
  for (let number = 0; number < 4; number += 1) tenants.push(await createTestTenant(cluster));
  const queries = afterFirstQuery(async () => undefined);
  const applied = await listApplied(
    cluster.migrator.withPlugin(queries.plugin),
    targetsOf(tenants),
  );
  expect([...applied.values()]).toEqual(tenants.map(() => all));
  expect(queries.count).toBe(2);
});

test('a schema that changes meanwhile does not speak for others, and alone it has no answer', async () => {
  const changing = await createTestTenant(cluster);
  const steady = await createTestTenant(cluster);
  const both = afterFirstQuery(async () => await forgetLast(changing));
  const applied = await listApplied(
    cluster.migrator.withPlugin(both.plugin),
    targetsOf([changing, steady]),
  );
  expect(applied.get(steady.schema)).toEqual(all);
  const again = afterFirstQuery(async () => await forgetLast(steady));
  const alone = await listApplied(cluster.migrator.withPlugin(again.plugin), targetsOf([steady]));
  expect(alone.size).toBe(0);
});
