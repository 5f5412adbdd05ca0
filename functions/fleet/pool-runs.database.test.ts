import { provisionPool } from '@tenantry/database';
import { getRun, listRunItems, listTenantVersions, parsePoolName } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPoolTenant } from '../../test/support/add-pool-tenant.ts';
import { openTestFleet, type TestFleet } from '../../test/support/open-test-fleet.ts';
import { targetSetOf } from '../migration-set.ts';
import { beginRun } from './begin-run.ts';

const first = {
  'tenant/shop/0001_item.sql':
    "create table item (id bigint generated always as identity primary key, name text not null);\ninsert into item (name) values ('first');\n-- down\ndrop table item;",
};
const second = {
  ...first,
  'tenant/shop/0002_tag.sql':
    'alter table item add column tag text;\nupdate item set tag = name;\n-- down\nalter table item drop column tag;',
};
const third = {
  ...second,
  'tenant/shop/0003_more.sql': 'create table more (n int);\n-- down\ndrop table more;',
};

/** Those of pool main, those of pool other, and one with tables of its own. */
const slugs = ['am1', 'am2', 'am3', 'am4', 'am5', 'bo1', 'bo2', 'own'];
let system: TestFleet;

beforeAll(async () => {
  system = await openTestFleet(first);
  await Promise.all(slugs.slice(0, 5).map((slug) => addPoolTenant(system, slug)));
  await Promise.all(
    slugs.slice(5, 7).map((slug) => addPoolTenant(system, slug, { pool: 'other' })),
  );
  await system.addTenant('own');
});
afterAll(async () => await system?.close());

async function versions(): Promise<Record<string, string | null>> {
  const set = targetSetOf(system.fleet.compiled);
  const tenants = await listTenantVersions(system.fleet.catalog, set);
  return Object.fromEntries(tenants.map(({ slug, version }) => [slug, version]));
}

const five = <Value>(value: Value) => Array.from({ length: 5 }, () => value);
const all = (version: string) => Object.fromEntries(slugs.map((slug) => [slug, version]));

async function statuses(run: string): Promise<string[]> {
  const items = await listRunItems(system.fleet.catalog, { run });
  return items.map(({ status }) => status).toSorted();
}

/** Each tenant's rows, read as that tenant. */
async function readItems(pool: string): Promise<unknown[]> {
  const { rows } = await sql<{ role: string }>`
    select rolname::text as role from pg_roles where pg_has_role(oid, ${`p_${pool}`}, 'MEMBER') and rolcanlogin
      and rolname like 't\\_%' order by 1`.execute(system.cluster.admin);
  const seen: unknown[] = [];
  for (const { role } of rows) {
    await system.cluster.admin.transaction().execute(async (trx) => {
      await sql`set local role ${sql.id(role)}`.execute(trx);
      const items = await sql`select * from ${sql.id(`p_${pool}`, 'item')}`.execute(trx);
      seen.push(
        items.rows.map((row) => ({
          ...(row as object),
          id: undefined,
          isOwn: (row as { tenant: string }).tenant === role,
          tenant: undefined,
          tenantry_deleted: undefined,
        })),
      );
    });
  }
  return seen;
}

test('many who need a new pool at the same moment make one', async () => {
  const { provisioner } = system.cluster;
  for (let number = 0; number < 8; number += 1) {
    const pool = parsePoolName(`new${number}`);
    await Promise.all(Array.from({ length: 8 }, () => provisionPool(provisioner, pool)));
  }
  const { rows } = await sql<{ count: bigint }>`
    select count(*) from pg_namespace n join pg_roles r on r.oid = n.nspowner
    where n.nspname ~ '^p_new\\d$' and r.rolname ~ '^po_new\\d$'`.execute(system.cluster.admin);
  expect(rows).toEqual([{ count: 8n }]);
});

test('tenants that join a pool at the same moment all begin with the rows that its migrations make', async () => {
  expect(await versions()).toEqual(all('shop/0001_item'));
  expect(await readItems('main')).toEqual(five([{ name: 'first', isOwn: true }]));
});

test('a run changes each pool once, for all of its tenants, and all of them are at its version', async () => {
  await system.build(second);
  const result = await system.run();
  expect(result).toMatchObject({ status: 'succeeded', total: 8, migrated: 3, failed: 0 });
  expect(await statuses(result.runId ?? '')).toEqual([
    ...Array<string>(3).fill('migrated'),
    ...Array<string>(5).fill('skipped'),
  ]);
  expect(await versions()).toEqual(all('shop/0002_tag'));
  expect(await readItems('main')).toEqual(five([{ name: 'first', tag: 'first', isOwn: true }]));
});

test('tenants that joined a pool without tables begin with their first rows when a run brings them', async () => {
  for (const slug of ['late-one', 'late-two'])
    await addPoolTenant(system, slug, { pool: 'late', migrate: false });
  const result = await system.run({ selector: { tenants: ['late-two'] } });
  expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
  const rows = [{ name: 'first', tag: 'first', isOwn: true }];
  expect(await readItems('late')).toEqual([rows, rows]);
  expect(await versions()).toMatchObject({
    'late-one': 'shop/0002_tag',
    'late-two': 'shop/0002_tag',
  });
  for (const slug of ['late-one', 'late-two']) await system.setStatus(slug, 'deleted');
});

test('migrating one tenant of a pool brings all of the pool there, and no other', async () => {
  await system.build(third);
  const result = await system.run({ selector: { tenants: ['am3'] } });
  expect(result).toMatchObject({ status: 'succeeded', total: 1, migrated: 1 });
  const expected = {
    ...all('shop/0002_tag'),
    am1: 'shop/0003_more',
    am2: 'shop/0003_more',
    am3: 'shop/0003_more',
    am4: 'shop/0003_more',
    am5: 'shop/0003_more',
  };
  expect(await versions()).toEqual(expected);
  const rest = await system.run();
  expect(rest).toMatchObject({ status: 'succeeded', total: 3, migrated: 2 });
  expect(await versions()).toEqual(all('shop/0003_more'));
});

test('one step back over all tenants, with workers side by side, takes each pool back by one', async () => {
  const result = await system.run({
    change: { kind: 'down', steps: 1 },
    pace: { canary: 0, waves: [100] },
  });
  expect(result).toMatchObject({ status: 'succeeded', total: 8, migrated: 3, failed: 0 });
  expect(await versions()).toEqual(all('shop/0002_tag'));
});

test('what a worker changed before it died is found by the next tenant of the pool, and one undo takes it back', async () => {
  const pace = { canary: 0, waves: [100] };
  const begun = await beginRun(system.fleet, system.request({ pace }), 'dies');
  const run = await getRun(system.fleet.catalog, begun.runId);
  await system.dieAfterChange(run, 'am2');
  const result = await system.goOn(run.id);
  expect(result).toMatchObject({ status: 'succeeded', failed: 0 });
  expect(await versions()).toEqual(all('shop/0003_more'));
  const undone = await system.run({ change: { kind: 'undo', run: run.id }, pace });
  expect(undone).toMatchObject({ status: 'succeeded', failed: 0 });
  expect(await versions()).toEqual(all('shop/0002_tag'));
});

test('a worker tries a migration that fails in a pool once, which fails each of its tenants by name, and stops no other', async () => {
  await system.build({
    ...second,
    'tenant/shop/0003_tries.sql': 'create sequence tries;\n-- down\ndrop sequence tries;',
  });
  await system.run();
  await system.build({
    ...second,
    'tenant/shop/0003_tries.sql': 'create sequence tries;\n-- down\ndrop sequence tries;',
    'tenant/shop/0004_bad.sql': "select nextval('tries') / 0;\n-- down\nselect 1;",
  });
  const result = await system.run({
    pace: { canary: 0, waves: [100], concurrency: 1, maxFailures: 100 },
  });
  expect(result).toMatchObject({ total: 8, failed: 8, migrated: 0 });
  const items = await listRunItems(system.fleet.catalog, { run: result.runId ?? '' });
  for (const { failure } of items)
    expect(failure).toMatchObject({ migration: 'shop/0004_bad', sqlstate: '22012' });
  const tried = await sql<{ tries: bigint; is_tried: boolean }>`
    select last_value as tries, is_called as is_tried from p_main.tries`.execute(
    system.cluster.admin,
  );
  expect(tried.rows).toEqual([{ tries: 1n, is_tried: true }]);
});
