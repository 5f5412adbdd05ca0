import {
  copyTemplateRows,
  dropPoolTenant,
  provisionPool,
  provisionPoolTenant,
  suspendPoolTenant,
} from '@tenantry/database';
import { newTenantId, parsePoolName, type PoolName } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant, type PoolTenant } from '../../../test/support/create-pool-tenant.ts';
import {
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../../test/support/open-test-cluster.ts';
import { pooledMigration, pooledTable } from '../../../test/support/pooled-migration.ts';
import {
  applyMigrations,
  poolTarget,
  readLedger,
  revertMigrations,
  type CompiledMigration,
} from './index.ts';

let cluster: TestCluster;
let pools = 0;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster.close();
});

const newPool = (): PoolName => parsePoolName(`p${(pools += 1)}`);
const id = 'id bigint generated always as identity';
const color = [
  ...pooledTable(
    'color',
    `${id}, name text not null, primary key (tenant, id), unique (tenant, name)`,
  ),
];

/** Two colours that each tenant begins with. */
const initial = pooledMigration(
  'a/0001_initial',
  [...color, { each: `insert into color (name) values ('red'), ('blue')` }],
  { back: ['drop table color'] },
);

async function namesOf(db: AnyDb): Promise<unknown[]> {
  const { rows } = await sql<{ name: string }>`select name from color order by name`.execute(db);
  return rows.map(({ name }) => name);
}

async function twoTenants(migrations: readonly CompiledMigration[] = [initial]) {
  const pool = newPool();
  const one = await createPoolTenant(cluster, pool, migrations);
  const two = await createPoolTenant(cluster, pool, migrations);
  return { pool, target: poolTarget(pool), one, two };
}

const apply = async (pool: PoolName, ...migrations: CompiledMigration[]) =>
  await applyMigrations(cluster.migrator, poolTarget(pool), migrations);

async function rowsOf(tenant: PoolTenant, text: string): Promise<readonly unknown[]> {
  return (await sql.raw(text).execute(tenant.db)).rows;
}

test('each tenant of a pool begins with the rows that the migrations make, and sees its own only', async () => {
  const { one, two } = await twoTenants();
  expect(await namesOf(one.db)).toEqual(['blue', 'red']);
  await sql`update color set tenantry_deleted = true where name = 'red'`.execute(one.db);
  await sql`insert into color (name) values ('green')`.execute(two.db);
  expect(await namesOf(one.db)).toEqual(['blue']);
  expect(await namesOf(two.db)).toEqual(['blue', 'green', 'red']);
});

test('the first rows are copied once, also when the tenant has deleted them', async () => {
  const { pool, one } = await twoTenants();
  expect(await copyTemplateRows(cluster.migrator, one.id, pool)).toBe(0);
  await sql`update color set tenantry_deleted = true`.execute(one.db);
  expect(await copyTemplateRows(cluster.migrator, one.id, pool)).toBe(0);
  expect(await namesOf(one.db)).toEqual([]);
});

test('a change of data runs for each tenant, for suspended ones too, and for those to come', async () => {
  const { pool, one, two } = await twoTenants();
  await suspendPoolTenant(cluster.provisioner, two.id, pool);
  const second = pooledMigration('a/0002_more', [
    { each: `update color set name = name || ' of ' || current_user` },
    { each: `insert into color (name) select 'colours ' || count(*) from color` },
  ]);
  await apply(pool, initial, second);
  expect(await namesOf(one.db)).toEqual([`blue of ${one.role}`, 'colours 2', `red of ${one.role}`]);
  await expect(namesOf(two.db)).rejects.toMatchObject({ code: expect.any(String) });
  await provisionPoolTenant(cluster.provisioner, two.id, { pool, password: two.password });
  expect(await namesOf(two.db)).toEqual([`blue of ${two.role}`, 'colours 2', `red of ${two.role}`]);
  const three = await createPoolTenant(cluster, pool, [initial, second]);
  expect(await namesOf(three.db)).toEqual(['blue of po_' + pool, 'colours 2', 'red of po_' + pool]);
});

test('a tenant that is being made gets nothing twice', async () => {
  const pool = newPool();
  await createPoolTenant(cluster, pool, [initial]);
  const half = newTenantId();
  await provisionPoolTenant(cluster.provisioner, half, { pool, password: 'half' });
  const second = pooledMigration('a/0002_more', [
    { each: `insert into color (name) values ('green')` },
  ]);
  await apply(pool, initial, second);
  expect(await copyTemplateRows(cluster.migrator, half, pool)).toBe(3);
  expect(await namesOf(cluster.openAs(`t_${half}`, 'half'))).toEqual(['blue', 'green', 'red']);
});

test('a migration fails for all when it fails for one, and names that one', async () => {
  const { pool, target, two } = await twoTenants();
  await sql`insert into color (name) values ('10')`.execute(two.db);
  const second = pooledMigration('a/0002_more', [
    'alter table color add column length int',
    { each: 'update color set length = 1 / (length(name) - 2)' },
  ]);
  await expect(apply(pool, initial, second)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining(` for ${two.role} (SQLSTATE 22012)`),
    failure: { migration: 'a/0002_more', statement: 2, tenant: two.role, sqlstate: '22012' },
  });
  expect(await readLedger(cluster.migrator, target)).toHaveLength(1);
  expect(await rowsOf(two, "select name from color where name = '10'")).toHaveLength(1);
});

test.each([
  [
    'a table without policies',
    [`create table plain (tenant name not null default current_user)`],
    'table plain',
  ],
  [
    'a unique key over all tenants',
    pooledTable('title', 'name text constraint name_key unique'),
    'name_key',
  ],
  [
    'a view that reads as its owner',
    ['create view all_colors as select name from color'],
    'all_colors',
  ],
  [
    'a function that runs as its owner',
    [
      `create function f() returns bigint language sql security definer as 'select count(*) from color'`,
    ],
    'function f',
  ],
  [
    'row-level security that does not hold for the owner',
    ['alter table color no force row level security'],
    'FORCE',
  ],
  ['another policy', ['create policy every_row on color using (true)'], 'policies'],
])('a migration that leaves %s fails before anything is granted', async (_, statements, named) => {
  const { pool, one } = await twoTenants();
  const second = pooledMigration('a/0002_open', statements);
  await expect(apply(pool, initial, second)).rejects.toMatchObject({
    failure: {
      migration: 'a/0002_open',
      sqlstate: '42P17',
      detail: expect.stringContaining(named),
    },
  });
  expect(await namesOf(one.db)).toEqual(['blue', 'red']);
});

test('the planner keeps no values of new columns, and a column of which it did is an open door', async () => {
  const { pool, target } = await twoTenants();
  const second = pooledMigration('a/0002_more', [
    'alter table color add column code text',
    'create index color_lower_idx on color (tenant, lower(name))',
  ]);
  await apply(pool, initial, second);
  const statistics = sql<{ place: string }>`
    select place from tenantry.list_pool_statistics(${target.schema})`;
  expect((await statistics.execute(cluster.migrator)).rows).toEqual([]);
  const table = sql.table(`${target.schema}.color`);
  await sql`alter table ${table} alter column name set statistics 100`.execute(cluster.provisioner);
  const third = pooledMigration('a/0003_more', ['alter table color add column size int']);
  await expect(apply(pool, initial, second, third)).rejects.toMatchObject({
    failure: { sqlstate: '42P17', detail: expect.stringMatching(/column name has planner/) },
  });
});

test('a foreign key over rows that refer to nothing is refused, though PostgreSQL looks as the owner', async () => {
  const tables = pooledMigration('a/0001_initial', [
    ...pooledTable('parent', 'id int, primary key (tenant, id)'),
    ...pooledTable('child', 'parent_id int'),
  ]);
  const { pool, two } = await twoTenants([tables]);
  await sql`insert into child values (1)`.execute(two.db);
  const key = pooledMigration('a/0002_key', [
    'alter table child add constraint child_fkey foreign key (tenant, parent_id) references parent (tenant, id)',
  ]);
  await expect(apply(pool, tables, key)).rejects.toMatchObject({
    failure: {
      migration: 'a/0002_key',
      sqlstate: '23503',
      detail: expect.stringContaining(two.role),
    },
  });
  await sql`insert into parent values (1)`.execute(two.db);
  await expect(apply(pool, tables, key)).resolves.toMatchObject({ applied: ['a/0002_key'] });
});

test('first rows are copied whatever refers to what, without their triggers, with numbers that PostgreSQL gives itself', async () => {
  const tables = pooledMigration('a/0001_initial', [
    ...pooledTable(
      'node',
      `${id}, up bigint, doubled bigint generated always as (up * 2) stored, primary key (tenant, id)`,
    ),
    'alter table node add constraint node_up_fkey foreign key (tenant, up) references node (tenant, id)',
    ...pooledTable('a', 'id int, b int, primary key (tenant, id)'),
    ...pooledTable('b', 'id int, a int, primary key (tenant, id)'),
    'alter table a add constraint a_fkey foreign key (tenant, b) references b (tenant, id) deferrable initially deferred',
    'alter table b add constraint b_fkey foreign key (tenant, a) references a (tenant, id)',
    ...pooledTable('seen', 'node bigint'),
    `create function note() returns trigger language plpgsql as 'begin insert into seen (node) values (new.id); return new; end'`,
    'create trigger note after insert on node for each row execute function note()',
    { each: 'insert into node (up) values (null), (1), (2)' },
    { each: 'insert into a values (1, 1)' },
    { each: 'insert into b values (1, 1)' },
  ]);
  const { one, two } = await twoTenants([tables]);
  for (const tenant of [one, two]) {
    expect(await rowsOf(tenant, 'select id, up, doubled from node order by id')).toEqual([
      { id: 1n, up: null, doubled: null },
      { id: 2n, up: 1n, doubled: 2n },
      { id: 3n, up: 2n, doubled: 4n },
    ]);
    expect(await rowsOf(tenant, 'select count(*) as count from seen')).toEqual([{ count: 3n }]);
    expect(await rowsOf(tenant, 'select b from a')).toEqual([{ b: 1 }]);
  }
  await sql`insert into node (up) values (3)`.execute(one.db);
  expect(await rowsOf(one, 'select count(*) as count from seen')).toEqual([{ count: 4n }]);
});

test('16 appliers at once apply a migration of a pool exactly once', async () => {
  const { target, one } = await twoTenants();
  const second = pooledMigration('a/0002_more', [
    { each: `insert into color (name) values ('green')` },
  ]);
  const migrators = Array.from({ length: 16 }, () =>
    cluster.openAs('platform_migrator', 'password-of-platform_migrator', { maxSessions: 1 }),
  );
  const results = await Promise.all(
    migrators.map(async (migrator) => await applyMigrations(migrator, target, [initial, second])),
  );
  expect(results.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  expect(await namesOf(one.db)).toEqual(['blue', 'green', 'red']);
});

test('taking back runs for each tenant, and the pool is closed afterwards', async () => {
  const { pool, target, one, two } = await twoTenants();
  const second = pooledMigration(
    'a/0002_more',
    [{ each: `insert into color (name) values ('green')` }],
    { back: [{ each: `delete from color where name = 'green'` }] },
  );
  await apply(pool, initial, second);
  const result = await revertMigrations(cluster.migrator, target, [second]);
  expect(result).toEqual({ reverted: ['a/0002_more'], version: 'a/0001_initial' });
  for (const tenant of [one, two]) expect(await namesOf(tenant.db)).toEqual(['blue', 'red']);
  const open = pooledMigration('a/0002_open', ['select 1'], {
    back: ['alter table color no force row level security'],
  });
  await apply(pool, initial, open);
  await expect(revertMigrations(cluster.migrator, target, [open])).rejects.toMatchObject({
    failure: { sqlstate: '42P17' },
  });
});

test('a batch goes through the rows of one tenant after the other, and of suspended ones', async () => {
  const { pool, one, two } = await twoTenants();
  for (const { db } of [one, two]) {
    await sql`insert into color (name) select 'n' || n from generate_series(1, 25) n`.execute(db);
  }
  await suspendPoolTenant(cluster.provisioner, two.id, pool);
  const batch = pooledMigration(
    'a/0002_batch',
    [
      {
        each: `update color set name = upper(name) where id in (select id from color where name <> upper(name) limit 10)`,
      },
    ],
    { form: 'batch' },
  );
  await apply(pool, initial, batch);
  await provisionPoolTenant(cluster.provisioner, two.id, { pool, password: two.password });
  const three = await createPoolTenant(cluster, pool, [initial, batch]);
  for (const { db } of [one, two, three]) {
    expect((await namesOf(db)).every((name) => name === String(name).toUpperCase())).toBe(true);
  }
});

test('a batch that fails for one tenant names it', async () => {
  const { pool, two } = await twoTenants();
  await sql`insert into color (name) values ('0')`.execute(two.db);
  const batch = pooledMigration(
    'a/0002_batch',
    [{ each: `update color set name = 'n' where name = '0' and 1 / cast(name as int) = 1` }],
    { form: 'batch' },
  );
  await expect(apply(pool, initial, batch)).rejects.toMatchObject({
    failure: { migration: 'a/0002_batch', tenant: two.role, sqlstate: '22012' },
  });
});

test('a program reads and changes the rows of one tenant after the other', async () => {
  const { pool, one, two } = await twoTenants();
  await sql`insert into color (name) values ('green')`.execute(two.db);
  const program = pooledMigration('a/0002_program', [], {
    form: 'program',
    program: `export async function up(db) {
      const rows = await db.selectFrom('color').selectAll().execute();
      if (rows.some((row) => 'tenant' in row)) throw new Error('a column too many');
      await db.insertInto('color').values({ name: 'n' + rows.length })
        .onConflict((oc) => oc.column('name').doNothing()).execute();
    }`,
  });
  await apply(pool, initial, program);
  expect(await namesOf(one.db)).toEqual(['blue', 'n2', 'red']);
  expect(await namesOf(two.db)).toEqual(['blue', 'green', 'n3', 'red']);
  const three = await createPoolTenant(cluster, pool, [initial, program]);
  expect(await namesOf(three.db)).toEqual(['blue', 'n2', 'red']);
});

test('an index that is built while requests go on holds for the pool, and the migrator needs no membership', async () => {
  const { target } = await twoTenants();
  const indexer = cluster.openAs('platform_indexer', 'password-of-platform_indexer');
  const statement = {
    sql: 'create index color_name_idx on color (tenant, name)',
    line: 1,
    effects: [],
    concurrent: {
      action: 'create' as const,
      index: 'color_name_idx',
      table: 'color',
      parts: ['create index concurrently color_name_idx on ', 'color (tenant, name)'] as const,
    },
  };
  const second = {
    ...pooledMigration('a/0002_index', []),
    form: 'concurrent' as const,
    up: [statement],
  };
  const result = await applyMigrations(cluster.migrator, target, [initial, second], { indexer });
  expect(result.applied).toEqual(['a/0002_index']);
  const { rows } =
    await sql`select indisvalid from pg_index where indexrelid = cast(${`${target.schema}.color_name_idx`} as regclass)`.execute(
      cluster.admin,
    );
  expect(rows).toEqual([{ indisvalid: true }]);
});

test('a pool made by many at once is one pool', async () => {
  const pool = newPool();
  await Promise.all(
    Array.from({ length: 8 }, async () => await provisionPool(cluster.provisioner, pool)),
  );
  const tenants = await Promise.all(
    Array.from({ length: 8 }, async () => await createPoolTenant(cluster, pool, [initial])),
  );
  for (const { db } of tenants) expect(await namesOf(db)).toEqual(['blue', 'red']);
});

/** Waits until a session of the role waits for a lock, and answers its process. */
async function untilWaiting(role: string): Promise<number> {
  for (;;) {
    const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
      where usename = ${role} and wait_event_type = 'Lock'`.execute(cluster.admin);
    if (rows[0] !== undefined) return rows[0].pid;
  }
}

/** The SQLSTATE with which work ends. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => (error as { readonly code?: string }).code,
  );
}

test('a worker that is killed between two tenants leaves nothing done, and the next one does it all', async () => {
  const { pool, target, one, two } = await twoTenants();
  const last = one.role < two.role ? two : one;
  const second = pooledMigration('a/0002_more', [{ each: `update color set name = upper(name)` }]);
  const blocker = await last.db.startTransaction().execute();
  await sql`select from color for update`.execute(blocker);
  const options = { lockTimeoutMs: 600_000 };
  const killed = codeOf(applyMigrations(cluster.migrator, target, [initial, second], options));
  const pid = await untilWaiting('platform_migrator');
  await sql`select pg_terminate_backend(${pid})`.execute(cluster.provisioner);
  expect(await killed).toBe('57P01');
  await blocker.rollback().execute();
  for (const { db } of [one, two]) expect(await namesOf(db)).toEqual(['blue', 'red']);
  await apply(pool, initial, second);
  for (const { db } of [one, two]) expect(await namesOf(db)).toEqual(['BLUE', 'RED']);
});

test('a batch that is cut goes on where it was', async () => {
  const { target, one, two } = await twoTenants();
  for (const { db } of [one, two]) {
    await sql`insert into color (name) select 'n' || n from generate_series(1, 25) n`.execute(db);
  }
  const statement = `update color set name = upper(name)
    where id in (select id from color where name <> upper(name) limit 10)`;
  const batch = pooledMigration('a/0002_batch', [{ each: statement }], { form: 'batch' });
  const cut = new AbortController();
  let rounds = 0;
  const count = () => {
    rounds += 1;
    if (rounds === 3) cut.abort(new Error('cut'));
  };
  const options = { signal: cut.signal, onProgress: count };
  const first = applyMigrations(cluster.migrator, target, [initial, batch], options);
  await expect(first).rejects.toThrow('cut');
  expect(await readLedger(cluster.migrator, target)).toHaveLength(1);
  await applyMigrations(cluster.migrator, target, [initial, batch], { onProgress: count });
  // One round for the rows of the owner, three for each tenant, and the migration itself.
  expect(rounds).toBe(1 + 3 + 3 + 1);
  for (const { db } of [one, two]) {
    expect((await namesOf(db)).every((name) => name === String(name).toUpperCase())).toBe(true);
  }
});

test('a tenant cannot lock the tables of its pool, and one that is suspended ends what it is at', async () => {
  const { pool, one, two } = await twoTenants();
  for (const mode of ['access exclusive', 'share']) {
    const lock = sql.raw(`lock table color in ${mode} mode`);
    expect(await codeOf(one.db.transaction().execute((trx) => lock.execute(trx)))).toBe('42501');
  }
  const attack = codeOf(sql`select pg_sleep(600) from color for update`.execute(one.db));
  await expect
    .poll(async () => {
      const { rows } =
        await sql`select from pg_stat_activity where wait_event = 'PgSleep' and usename = ${one.role}`.execute(
          cluster.admin,
        );
      return rows.length;
    })
    .toBe(1);
  expect(await namesOf(two.db)).toEqual(['blue', 'red']);
  await suspendPoolTenant(cluster.provisioner, one.id, pool);
  expect(await attack).toBe('57P01');
});

const kind = pooledMigration('a/0002_kind', [
  ...pooledTable('kind', 'name text, primary key (tenant, name)'),
  { each: `insert into kind values ('big')` },
]);

test('a tenant that joins a pool while it is migrated gets the rows of new tables, too', async () => {
  const { pool, target } = await twoTenants();
  const half = newTenantId();
  await provisionPoolTenant(cluster.provisioner, half, { pool, password: 'half' });
  const joining = cluster.openAs('platform_migrator', 'password-of-platform_migrator');
  const copied = await cluster.migrator.transaction().execute(async (trx) => {
    await applyMigrations(trx, target, [initial, kind]);
    const copy = copyTemplateRows(joining, half, pool);
    await untilWaiting('platform_migrator');
    return { copy };
  });
  expect(await copied.copy).toBe(3);
});

test('a tenant that is dropped while its pool is migrated leaves no row behind', async () => {
  const { pool, target, one, two } = await twoTenants();
  await suspendPoolTenant(cluster.provisioner, one.id, pool);
  const dropped = await cluster.migrator.transaction().execute(async (trx) => {
    await applyMigrations(trx, target, [initial, kind]);
    const drop = dropPoolTenant(cluster.provisioner, one.id, { pool });
    await untilWaiting('platform_provisioner');
    return { drop };
  });
  expect(await dropped.drop).toBe(true);
  const { rows } = await sql<{
    tenant: string;
  }>`select tenant from ${sql.table(`${target.schema}.kind`)}`.execute(
    cluster.openAs(two.role, two.password),
  );
  expect(rows).toEqual([{ tenant: two.role }]);
  await cluster.provisioner.transaction().execute(async (trx) => {
    const table = sql.table(`${target.schema}.kind`);
    await sql`alter table ${table} no force row level security`.execute(trx);
    await sql`set local role ${sql.id(target.owner)}`.execute(trx);
    const all = await sql<{ tenant: string }>`select tenant from ${table} order by tenant`.execute(
      trx,
    );
    expect(all.rows.map(({ tenant }) => tenant)).toEqual([target.owner, two.role]);
    await sql`set local role none`.execute(trx);
    await sql`alter table ${table} force row level security`.execute(trx);
  });
});

test('nothing is copied for a tenant that has no role', async () => {
  const { pool } = await twoTenants();
  await expect(copyTemplateRows(cluster.migrator, newTenantId(), pool)).rejects.toMatchObject({
    code: '42704',
  });
});

test('a trigger that waits for the end of the transaction runs as the tenant whose row it is about', async () => {
  const noted = (pool: PoolName) =>
    pooledMigration('a/0001_initial', [
      ...color,
      ...pooledTable('log', 'name text'),
      `create function note() returns trigger language plpgsql set search_path = p_${pool}
        as 'begin insert into log (name) values (new.name || current_user); return null; end'`,
      `create constraint trigger note after insert on color deferrable initially deferred
        for each row execute function note()`,
    ]);
  const pool = newPool();
  const first = noted(pool);
  const unused = newPool();
  await provisionPool(cluster.provisioner, unused);
  const dropping = pooledMigration('a/0002_drop', [
    { each: `insert into color (name) values ('a')` },
    'drop trigger note on color',
  ]);
  await expect(apply(unused, noted(unused), dropping)).resolves.toMatchObject({
    version: 'a/0002_drop',
  });
  const tenants = [
    await createPoolTenant(cluster, pool, [first]),
    await createPoolTenant(cluster, pool, [first]),
  ];
  const each = [{ each: `insert into color (name) values ('a of ')` }];
  const program = `export async function up(db) { await db.insertInto('color').values({ name: 'b of ' }).execute(); }`;
  const batch = `insert into color (name) select 'c of ' where not exists (select from color where name = 'c of ' limit 1)`;
  await apply(
    pool,
    first,
    pooledMigration('a/0002_sql', each),
    pooledMigration('a/0003_program', [], { form: 'program', program }),
    pooledMigration('a/0004_batch', [{ each: batch }], { form: 'batch' }),
  );
  for (const { role, db } of tenants) {
    const { rows } = await sql<{ name: string }>`select name from log order by name`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c'].map((one) => `${one} of ${role}`));
  }
});

test('deleting rows steps back from a table that somebody else writes to, so that nobody waits behind it', async () => {
  const first = pooledMigration('a/0001_initial', [
    ...color,
    `create function keep() returns trigger language plpgsql as 'begin return null; end'`,
    'create trigger keep after delete on color for each row execute function keep()',
    { each: `insert into color (name) values ('red')` },
  ]);
  const { pool, one, two } = await twoTenants([first]);
  const deletion = sql`select tenantry.delete_pool_rows(${one.id}, ${pool}, 10)`;
  await two.db.transaction().execute(async (trx) => {
    await sql`insert into color (name) values ('held')`.execute(trx);
    await expect(deletion.execute(cluster.provisioner)).rejects.toMatchObject({ code: '55P03' });
  });
  expect(await dropPoolTenant(cluster.provisioner, one.id, { pool })).toBe(true);
});
