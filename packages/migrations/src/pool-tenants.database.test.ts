import { dropPoolTenant, suspendPoolTenant, verifyPoolPrivileges } from '@tenantry/database';
import { parsePoolName, poolSchemaOf, type PoolName } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant, type PoolTenant } from '../../../test/support/create-pool-tenant.ts';
import { openTestCluster, type TestCluster } from '../../../test/support/open-test-cluster.ts';
import { readSuperuser } from '../../../test/support/read-superuser.ts';
import { pooledMigration, pooledTable } from '../../../test/support/pooled-migration.ts';

let cluster: TestCluster;
let doorless: PoolTenant;
let pools = 0;

beforeAll(async () => {
  cluster = await openTestCluster();
  doorless = await createPoolTenant(cluster, newPool(), [initial]);
});
afterAll(async () => {
  await cluster.close();
});

const newPool = (): PoolName => parsePoolName(`d${(pools += 1)}`);

const key = (name: string) => `${name}_fkey foreign key (tenant, ${name}) references`;

/** Tables that refer to each other in every way there is. */
const initial = pooledMigration('a/0001_initial', [
  ...pooledTable('poll', 'id int, primary key (tenant, id)'),
  ...pooledTable(
    'vote',
    `id int, poll int, constraint ${key('poll')} poll (tenant, id) on delete cascade`,
  ),
  ...pooledTable(
    'node',
    `id int, up int, primary key (tenant, id), constraint ${key('up')} node (tenant, id)`,
  ),
  ...pooledTable('egg', 'id int, hen int, primary key (tenant, id)'),
  ...pooledTable(
    'hen',
    `id int, egg int, primary key (tenant, id), constraint ${key('egg')} egg (tenant, id)`,
  ),
  `alter table egg add constraint ${key('hen')} hen (tenant, id) deferrable initially deferred`,
  ...pooledTable('event', 'id int, at int').map((text) =>
    text.startsWith('create table') ? `${text} partition by range (at)` : text,
  ),
  'create table event_1 partition of event for values from (0) to (10)',
  'create table event_2 partition of event for values from (10) to (100)',
  ...pooledTable('kept', 'id int'),
  `create function keep() returns trigger language plpgsql as 'begin return null; end'`,
  'create trigger keep before delete on kept for each row execute function keep()',
  'create view all_votes with (security_invoker = true) as select poll from vote',
  'create sequence ticket',
  'create sequence countdown increment -1',
]);

const filling = [
  'insert into poll select generate_series(1, 20)',
  'insert into vote select n, n from generate_series(1, 20) n',
  'insert into node select n, nullif(n - 1, 0) from generate_series(1, 20) n',
  'with e as (insert into egg values (1, 1)) insert into hen values (1, 1)',
  'insert into event select n, n from generate_series(1, 20) n',
  'insert into kept select generate_series(1, 20)',
];
const tables = ['poll', 'vote', 'node', 'egg', 'hen', 'event', 'kept'] as const;

async function createFilled(pool: PoolName): Promise<PoolTenant> {
  const tenant = await createPoolTenant(cluster, pool, [initial]);
  await tenant.db.transaction().execute(async (trx) => {
    for (const text of filling) await sql.raw(text).execute(trx);
  });
  return tenant;
}

/** Rows of all tenants, as nobody but the superuser of the test's server sees them. */
async function countRows(pool: PoolName): Promise<Map<string, number>> {
  const schema = sql.id(poolSchemaOf(pool));
  const owner = sql.id(`po_${pool}`);
  return await cluster.provisioner.transaction().execute(async (trx) => {
    for (const table of tables) {
      await sql`alter table ${schema}.${sql.id(table)} no force row level security`.execute(trx);
    }
    await sql`set local role ${owner}`.execute(trx);
    const counts = new Map<string, number>();
    for (const table of tables) {
      const { rows } = await sql<{ tenant: string; count: number }>`
        select tenant, cast(count(*) as int) as count from ${schema}.${sql.id(table)} group by tenant`.execute(
        trx,
      );
      for (const row of rows) counts.set(row.tenant, (counts.get(row.tenant) ?? 0) + row.count);
    }
    await sql`set local role none`.execute(trx);
    for (const table of tables) {
      await sql`alter table ${schema}.${sql.id(table)} force row level security`.execute(trx);
    }
    return counts;
  });
}

async function rolesOf({ role }: PoolTenant): Promise<number> {
  const { rows } = await sql`select from pg_roles where rolname = ${role}`.execute(cluster.admin);
  return rows.length;
}

test('a tenant goes with all its rows, in batches, and the other one keeps its own', async () => {
  const pool = newPool();
  const [one, two] = [await createFilled(pool), await createFilled(pool)];
  await suspendPoolTenant(cluster.provisioner, one.id, pool);
  let transactions = 0;
  const mayContinue = () => {
    transactions += 1;
    return transactions < 3;
  };
  const options = { pool, rowsAtOnce: 10 };
  expect(await dropPoolTenant(cluster.provisioner, one.id, { ...options, mayContinue })).toBe(
    false,
  );
  expect((await countRows(pool)).get(one.role)).toBe(102 - 30);
  expect(await rolesOf(one)).toBe(1);
  for (let time = 1; time <= 2; time += 1) {
    expect(await dropPoolTenant(cluster.provisioner, one.id, options)).toBe(true);
  }
  expect(await countRows(pool)).toEqual(new Map([[two.role, 102]]));
  expect(await rolesOf(one)).toBe(0);
  const { rows } =
    await sql`select tgenabled from pg_trigger where tgname = 'keep' and tgrelid = cast(${`${two.schema}.kept`} as regclass)`.execute(
      cluster.admin,
    );
  expect(rows).toEqual([{ tgenabled: 'O' }]);
});

test('a role is not dropped while a row of the tenant is left', async () => {
  const pool = newPool();
  const one = await createFilled(pool);
  const drop = sql`select tenantry.drop_pool_tenant(${one.id}, ${pool})`.execute(
    cluster.provisioner,
  );
  await expect(drop).rejects.toMatchObject({ code: '55006' });
  expect(await rolesOf(one)).toBe(1);
});

test('while a deletion waits for one tenant, the others go on writing', async () => {
  const pool = newPool();
  const [gone, holder, third] = [
    await createFilled(pool),
    await createFilled(pool),
    await createFilled(pool),
  ];
  let dropping: Promise<boolean> | undefined;
  await holder.db.transaction().execute(async (trx) => {
    await sql`insert into kept values (100)`.execute(trx);
    dropping = dropPoolTenant(cluster.provisioner, gone.id, { pool });
    dropping.catch(() => undefined);
    await untilSomebodyWaits();
    await sql`insert into kept values (100)`.execute(third.db);
  });
  expect(await dropping).toBe(true);
  expect((await countRows(pool)).get(third.role)).toBe(103);
});

async function untilSomebodyWaits(): Promise<void> {
  const waiting = sql`select from pg_stat_activity where wait_event_type = 'Lock'`;
  while ((await waiting.execute(cluster.admin)).rows.length === 0);
}

test('a tenant works with its own rows and can do nothing else', async () => {
  const pool = newPool();
  const [one, two] = [await createFilled(pool), await createFilled(pool)];
  await verifyPoolPrivileges(cluster.provisioner, one.id, pool);
  const run = async (text: string) => (await sql.raw(text).execute(one.db)).rows;
  expect(await run('select current_schemas(false) as path')).toEqual([
    { path: [one.schema, 'shared'] },
  ]);
  expect(await run('select cast(count(*) as int) as count from all_votes')).toEqual([
    { count: 20 },
  ]);
  expect(await run(`select from poll where tenant = '${two.role}'`)).toEqual([]);
  expect(
    await run(
      `update poll set tenantry_deleted = true where tenant = '${two.role}' or id = 7 returning id`,
    ),
  ).toEqual([{ id: 7 }]);
  expect(await run('select cast(count(*) as int) as count from poll')).toEqual([{ count: 19 }]);
  expect(await run(`select nextval('ticket')`)).toHaveLength(1);
  for (const text of [
    `insert into poll values (100, '${two.role}')`,
    `update poll set tenant = '${two.role}'`,
    `truncate poll`,
    'delete from poll',
    'delete from all_votes',
    'select from event_1',
    'select from tenantry_ledger',
    'select from tenantry_members',
    'create table mine ()',
    'create temporary table mine ()',
    'alter table poll disable row level security',
    'drop policy tenant_rows on poll',
    `set role po_${pool}`,
    `set role ${two.role}`,
    `select setval('ticket', 1)`,
    'set row_security = off; select from poll',
  ]) {
    await expect(run(text), text).rejects.toMatchObject({ code: expect.stringMatching(/^42/) });
  }
  expect((await countRows(pool)).get(two.role)).toBe(102);
});

test("what another tenant grants to a tenant's role neither counts as open nor keeps the role from being dropped", async () => {
  const pool = newPool();
  const [one, two] = [await createFilled(pool), await createFilled(pool)];
  await sql`select lo_create(4711)`.execute(two.db);
  // Before there was a guard against it, a tenant could.
  const { user, password } = await readSuperuser(cluster.dataDir);
  const superuser = cluster.openAs(user, password, { maxSessions: 1 });
  await sql`set role ${sql.id(two.role)}`.execute(superuser);
  await sql`grant select on large object 4711 to ${sql.id(one.role)}`.execute(superuser);
  const target = sql.id(one.role);
  await sql`alter default privileges grant select on tables to ${target}`.execute(superuser);
  await verifyPoolPrivileges(cluster.provisioner, one.id, pool);
  expect(await dropPoolTenant(cluster.provisioner, one.id, { pool })).toBe(true);
  expect(await rolesOf(one)).toBe(0);
});

test('suspended, a tenant reads nothing, not even in a session that is open', async () => {
  const pool = newPool();
  const one = await createFilled(pool);
  await one.db.connection().execute(async (session) => {
    const read = sql`select from ${sql.table(`${one.schema}.poll`)}`;
    await read.execute(session);
    await sql`select tenantry.suspend_pool_tenant(${one.id}, ${pool})`.execute(cluster.provisioner);
    await expect(read.execute(session)).rejects.toMatchObject({ code: '42501' });
  });
});

test.each([
  [
    'a membership',
    (t: PoolTenant, other: PoolTenant) => `grant ${other.role} to ${t.role}`,
    'a member of a role other than',
  ],
  [
    'a right of its own',
    (t: PoolTenant) => `grant usage on schema ${t.schema} to ${t.role}`,
    'not its group',
  ],
  ['an attribute', (t: PoolTenant) => `alter role ${t.role} createdb`, 'attribute of power'],
  [
    'no limit of connections',
    (t: PoolTenant) => `alter role ${t.role} connection limit -1`,
    'no connection limit',
  ],
  [
    'no membership in its pool',
    (t: PoolTenant) => `revoke ${t.schema} from ${t.role}`,
    'may not use the schema',
  ],
  [
    'an owner that logs in',
    (t: PoolTenant) => `alter role po_${t.pool} login`,
    'owner of the pool can log in',
  ],
  [
    'the schema of another pool',
    (t: PoolTenant, other: PoolTenant) => `grant usage on schema ${other.schema} to ${t.schema}`,
    'may use schema p_',
  ],
])('a tenant with %s is found', async (_, statement, sentence) => {
  const one = await createPoolTenant(cluster, newPool(), [initial]);
  const other = await createPoolTenant(cluster, newPool(), [initial]);
  await sql.raw(statement(one, other)).execute(cluster.provisioner);
  await expect(verifyPoolPrivileges(cluster.provisioner, one.id, one.pool)).rejects.toMatchObject({
    violations: expect.arrayContaining([expect.stringContaining(sentence)]),
  });
});

test.each([
  ['alter table poll disable row level security', 'table poll', 'row-level security is off'],
  ['alter table poll no force row level security', 'table poll', 'FORCE'],
  ['drop policy tenant_rows on poll', 'table poll', 'policies'],
  ['alter policy tenant_rows on poll using (true)', 'table poll', 'policies'],
  ['alter policy new_tenants on poll to public', 'table poll', 'policies'],
  [
    'alter table poll alter column tenant set default session_user',
    'table poll',
    'default current_user',
  ],
  ['alter table kept alter column tenant drop not null', 'table kept', 'default current_user'],
  ['alter table kept drop column tenant cascade', 'table kept', 'no column tenant'],
  ['create unique index open_key on kept (id)', 'table kept', 'open_key'],
  ['create index open_idx on kept (id)', 'table kept', 'open_idx'],
  ['create index open_hash on kept using hash (tenant)', 'table kept', 'open_hash'],
  ['create unique index open_part on event_1 (id)', 'table event_1', 'open_part'],
  ['alter table kept add exclude (id with =)', 'table kept', 'compares rows of all tenants'],
  [
    'create table whole (id int unique); create table part (id int references whole (id))',
    'table part',
    'foreign key',
  ],
  ['alter table poll alter column id set statistics 10', 'table poll', 'planner statistics'],
  [
    'create index text_idx on kept (tenant, (id + 1))',
    'table kept',
    'text_idx has planner statistics',
  ],
  ['create statistics both_ on id, tenant from poll', 'statistics both_', 'values of other'],
  ['create view open_view as select from poll', 'view open_view', 'security_invoker'],
  [
    'create rule open_rule as on insert to kept do also delete from poll',
    'relation kept',
    'open_rule',
  ],
  [
    'create materialized view copy as select from poll; grant select on copy to $group',
    'materialized view copy',
    'holds rows of all',
  ],
  [
    'create trigger seen before delete on vote for each row execute function keep()',
    'table vote',
    'fires trigger seen',
  ],
  ['grant select on event_1 to $group', 'table event_1', 'past the policies'],
  ['grant select on poll to public', 'table poll', 'PUBLIC'],
  ['grant select (id) on poll to public', 'table poll', 'PUBLIC'],
  ['grant truncate on poll to $group', 'table poll', 'TRUNCATE'],
  ['grant update on sequence ticket to $group', 'sequence ticket', 'UPDATE'],
  [
    'create table numbered (id bigint generated always as identity); grant usage on sequence numbered_id_seq to $group',
    'sequence numbered_id_seq',
    'identity',
  ],
  ['create sequence short_of as int', 'sequence short_of', 'use them up'],
  ['create sequence short_of maxvalue 1000', 'sequence short_of', 'use them up'],
  ['create sequence short_of increment -1 minvalue -1000', 'sequence short_of', 'use them up'],
  ['grant usage on schema $group to public', 'schema', 'PUBLIC'],
  [
    `create function open_f() returns int language sql security definer as 'select 1'`,
    'function open_f',
    'SECURITY DEFINER',
  ],
  [`grant execute on function keep() to public`, 'function keep', 'PUBLIC'],
])('an open door is found and named: %s', async (statements, object, reason) => {
  const { pool, schema } = doorless;
  const find = sql<{ object: string; reason: string }>`
    select * from tenantry.find_open_tables(${schema})`;
  const trx = await cluster.provisioner.startTransaction().execute();
  try {
    expect((await find.execute(trx)).rows).toEqual([]);
    await sql`set local role ${sql.id(`po_${pool}`)}`.execute(trx);
    await sql`select set_config('search_path', ${schema}, true)`.execute(trx);
    for (const text of statements.split(';')) {
      await sql.raw(text.replaceAll('$group', schema)).execute(trx);
    }
    await sql`set local role none`.execute(trx);
    const found = (await find.execute(trx)).rows;
    expect(
      found.filter((row) => row.object.startsWith(object) && row.reason.includes(reason)),
    ).not.toEqual([]);
  } finally {
    await trx.rollback().execute();
  }
});
