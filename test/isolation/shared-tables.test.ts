import {
  applyMigrations,
  pooledMigrations,
  poolTarget,
  type MigrationStatement,
} from '@tenantry/migrations';
import { defaultPool } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArena, type Arena, type Attacker } from './arena.ts';
import { fillIn } from './attacks/attack.ts';
import { lockModes } from './attacks/tables.ts';
import { traps } from './attacks/traps.ts';
import { openMigrator, type Citizen } from './citizens.ts';
import { ways } from './roads.ts';

let arena: Arena;
let victim: Citizen;
let attacker: Attacker;

beforeAll(async () => {
  arena = await openArena();
  const found = arena.attackers.find(({ place }) => place === 'table, same pool');
  if (found?.victims[0] === undefined) throw new TypeError('the arena has no shared tables');
  attacker = found;
  victim = found.victims[0];
  // Enough for PostgreSQL to keep the commonest values and a histogram, if it kept any.
  await arena.roads
    .runAs(victim)
    .pg([
      `insert into project (code) select '${victim.marker}-' || n from generate_series(1, 4000) n`,
      `insert into task (project_id, title) select id, 'salary 4711' from project`,
    ]);
  await asOwner('analyze');
});
afterAll(async () => {
  await arena.close();
});

/** As the owner of the pool's tables, whom nobody can log in as. */
async function asOwner(statement: string): Promise<void> {
  await openMigrator(arena, victim)
    .transaction()
    .execute(async (trx) => {
      await sql`set local role ${sql.id(victim.owner)}`.execute(trx);
      await sql`set local search_path = ${sql.id(victim.schema)}`.execute(trx);
      await sql.raw(statement).execute(trx);
    });
}

describe.each(ways)('over %s', (way) => {
  const ask = async (statement: string) => (await attacker.run[way]([statement])).flat();

  test.each([
    ['project', 'code', '{marker}-250', 'nobody-has-this'],
    ['project', 'code', '{marker}-1', '{marker}-x'],
    ['task', 'title', 'salary 4711', 'salary 4712'],
    ['task', 'tenant', '{victim}', 't_nobody'],
    ['task', 'state', 'open', 'done'],
    ['task', 'project_id', '6', '999999'],
  ])(
    'what the planner expects of %s.%s is the same for a value that another tenant has and for one that nobody has',
    async (table, column, has, hasNot) => {
      const fill = (text: string) =>
        text.replace('{marker}', victim.marker).replace('{victim}', victim.role);
      for (const operator of ['=', '<', '>=', '<>', 'is distinct from']) {
        const plans = [];
        for (const value of [has, hasNot].map(fill)) {
          const plan = await ask(
            `explain select * from ${table} where ${column} ${operator} '${value}'`,
          );
          plans.push(plan.join('\n').replaceAll(value, 'VALUE'));
        }
        expect([operator, plans[0]]).toEqual([operator, plans[1]]);
      }
    },
  );

  test('an execution plan tells how many rows were passed over in all, and no value finds out whose', async () => {
    const removed = async (condition: string) => {
      const lines = await attacker.run[way]([
        'set local enable_indexscan = off',
        'set local enable_bitmapscan = off',
        'set local enable_indexonlyscan = off',
        `explain (analyze, costs off, timing off, summary off) select * from project where ${condition}`,
      ]);
      return /Rows Removed by Filter: (\d+)/.exec(lines.flat().join('\n'))?.[1];
    };
    const all = await removed("code = 'nobody-has-this'");
    expect(Number(all)).toBeGreaterThan(4000);
    expect(await removed(`code = '${victim.marker}-250'`)).toBe(all);
    expect(await removed(`code like '${victim.marker}%'`)).toBe(all);
    expect([all, undefined]).toContain(await removed(`tenant = '${victim.role}'`));
  });

  test('no index finds rows before the policy was asked', async () => {
    const indexes = await ask(
      `select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid join pg_am a on a.oid = (select relam from pg_class where oid = i.indexrelid)
       where c.relnamespace = '${victim.schema}'::regnamespace and c.relname not like 'tenantry%'
         and (select attname from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]) <> 'tenant'`,
    );
    expect(indexes).toEqual([]);
  });

  test('ids tell how many rows all tenants of a pool have made in between, and nothing of whose they are', async () => {
    const make = async (run = attacker.run[way]) => {
      const [[id = ''] = []] = await run([
        'insert into project (code) values (gen_random_uuid()::text) returning id',
      ]);
      return Number(id);
    };
    const first = await make();
    for (const _ of [1, 2, 3]) await make(arena.roads.runAs(victim)[way]);
    expect((await make()) - first).toBe(4);
  });

  test('numbers of a sequence that a tenant skips are lost, and clash with nothing', async () => {
    const run = arena.roads.runAs(victim)[way];
    const next = async () => Number((await run(["select nextval('ticket')"])).flat()[0]);
    const before = await next();
    await ask("select max(nextval('ticket')) from generate_series(1, 50)");
    expect((await next()) - before).toBe(51);
    await expect(ask("select nextval('project_id_seq')")).rejects.toThrow(/permission denied/);
    await expect(ask("select setval('ticket', 1)")).rejects.toThrow(/permission denied/);
  });

  test.each(lockModes)('no relation of a pool can be locked in %s mode', async (mode) => {
    const { rows } = await sql<{ name: string; kind: string }>`
      select relname as name, relkind as kind from pg_class
      where relnamespace = cast(${victim.schema} as regnamespace) and relkind in ('r', 'p', 'v')`.execute(
      arena.cluster.admin,
    );
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(['r', 'p', 'v']));
    for (const { name } of rows) {
      await expect(
        attacker.run[way]([`lock table ${victim.schema}."${name}" in ${mode} mode`, 'select 1']),
        name,
      ).rejects.toThrow(/permission denied/);
    }
  });

  test('a tenant that changes, deletes and locks all that it may holds nobody up', async () => {
    const { role, password, database } = attacker.tenant;
    const db = arena.cluster.openAs(role, password, { database, maxSessions: 1 });
    const run = arena.roads.runAs(victim)[way];
    await db
      .transaction()
      .execute(async (trx) => {
        for (const held of [
          'lock table poll, project, open_task in row exclusive mode',
          'select from poll for update',
          "update poll set question = 'mine'",
          'update choice set tenantry_deleted = true',
          'update poll set tenantry_deleted = true',
          "insert into project (code, tenantry_deleted) values ('mine', true)",
          'update project set tenantry_deleted = true',
        ]) {
          await sql.raw(held).execute(trx);
        }
        const [[id = ''] = []] = await run([
          "set local lock_timeout = '50ms'",
          "insert into poll (question) values ('held up?') returning id",
        ]);
        expect(
          await run([
            "set local lock_timeout = '50ms'",
            "update poll set question = 'no'",
            `with gone as (update poll set tenantry_deleted = true where id = ${id} returning 1) select count(*) from gone`,
          ]),
        ).toEqual([['1']]);
        throw new Error('taken back');
      })
      .catch((error: unknown) => expect(error).toMatchObject({ message: 'taken back' }));
  });
});

test('with statistics the planner would have told, which is why shared tables have none', async () => {
  const { schema } = victim;
  await asOwner(`alter table project alter column code set statistics 100`);
  await asOwner('analyze');
  const planned = async (value: string) =>
    (await attacker.run.pg([`explain select * from ${schema}.project where code < '${value}'`]))
      .flat()
      .join()
      .replaceAll(value, 'VALUE');
  expect(await planned('aaaa')).not.toBe(await planned(`${victim.marker}-3`));
  const open = await findOpenTables();
  expect(open).toEqual([expect.stringMatching(/project.* code .*statistics/)]);
  // What was gathered stays when no more is gathered; only a change of type, be it to the same one, throws it away.
  await asOwner(
    `alter table project alter column code type text, alter column code set statistics 0`,
  );
  await asOwner('analyze');
  expect(await findOpenTables()).toEqual([]);
  expect(await planned('aaaa')).toBe(await planned(`${victim.marker}-3`));
});

/** What stands open in the pool, as the engine sees it before it lets a migration through. */
async function findOpenTables(): Promise<string[]> {
  const { rows } = await sql<{ object: string; reason: string }>`
    select object, reason from tenantry.find_open_tables(${victim.schema})`.execute(
    arena.cluster.migrator,
  );
  return rows.map(({ object, reason }) => `${object} ${reason}`);
}

describe('the migrator of a pool', () => {
  const memberships = async () => {
    const { rows } = await sql<{ text: string }>`
      select roleid::regrole || ' to ' || member::regrole as text from pg_auth_members
      where member in (${sql.join([attacker.tenant.role, victim.role].map((role) => sql`cast(${role} as regrole)`))})
      order by 1`.execute(arena.cluster.admin);
    return rows.map(({ text }) => text);
  };
  const statement = (text: string, more: Partial<MigrationStatement> = {}): MigrationStatement => ({
    sql: text,
    line: 1,
    effects: [],
    ...more,
  });
  const migrate = async (name: string, ...up: MigrationStatement[]) =>
    await applyMigrations(arena.cluster.migrator, poolTarget(defaultPool), [
      {
        id: `traps/${name}`,
        module: 'traps',
        file: `tenant/traps/${name}.sql`,
        form: 'transaction',
        dependsOn: [],
        formerly: [],
        checksum: name,
        up,
        down: null,
      },
    ]);

  test.each(Object.keys(traps))(
    'walks into no trap that a tenant with any SQL could lay: %s',
    async (kind) => {
      const before = await memberships();
      for (const text of fillIn({ sql: traps[kind] ?? [] }, attacker.tenant, victim)) {
        await expect(attacker.run.pg([text])).rejects.toThrow(
          /permission denied|must be owner|does not exist/,
        );
      }
      const name = `0001_${kind.replaceAll(' ', '_')}`;
      const { applied } = await migrate(
        name,
        statement("insert into poll (question) values ('migrated')", { isPerTenant: true }),
        statement(
          "update poll set question = lower(cast(question as varchar)) where question = 'migrated'",
          {
            isPerTenant: true,
          },
        ),
        statement('create index on poll (tenant, lower(question))'),
      );
      expect(applied).toEqual([`traps/${name}`]);
      expect(await memberships()).toEqual(before);
    },
  );

  test.each([
    'set role platform_provisioner',
    'create role mine',
    'alter role {self_role} createrole',
    'grant {victim_owner} to {self_role}',
    'grant platform_migrator to {self_role}',
    'grant select on poll to public',
    'grant usage on schema {victim} to public',
    'grant select on event_2026 to {victim}',
    'alter table poll disable row level security',
    'alter table poll no force row level security',
    'create policy open on poll using (true)',
    'drop policy tenant_rows on poll',
    'create table open (id bigint)',
    'create view open as select * from poll',
    'do $$ begin create materialized view open as select * from poll; grant select on open to {victim}; end $$',
    'create function open() returns bigint language sql security definer as $$ select 1 $$',
    'alter table poll alter column question set statistics 100',
  ])('lets no migration through that opens a shared table: %s', async (text) => {
    const before = await memberships();
    const [filled = ''] = fillIn({ sql: text }, attacker.tenant, victim);
    const name = `0002_${Buffer.from(text).toString('hex').slice(0, 40)}`;
    const outcome = await migrate(name, statement(filled)).then(
      () => 'applied',
      (error: unknown) => (error as { failure?: { sqlstate?: string } }).failure?.sqlstate,
    );
    // What the check puts right by itself may pass; nothing may stand open.
    if (outcome === 'applied') expect(text).toMatch(/set statistics/);
    expect(await findOpenTables()).toEqual([]);
    expect(await memberships()).toEqual(before);
  });

  test("changes a tenant's rows as that tenant, so that no condition forgotten in a migration mixes rows", async () => {
    await migrate(
      '0003_data',
      statement("update project set code = current_user || '-' || code", { isPerTenant: true }),
    );
    for (const { role, run } of [attacker.tenant, victim].map(({ role: name }) => ({
      role: name,
      run: name === victim.role ? arena.roads.runAs(victim) : attacker.run,
    }))) {
      const codes = (await run.pg(['select code from project'])).flat();
      expect(codes.length).toBeGreaterThan(0);
      expect(codes.filter((code) => !code.startsWith(`${role}-`))).toEqual([]);
      expect(codes.filter((code) => code.slice(role.length).includes('t_'))).toEqual([]);
    }
  });
});

test('the pool is at the last migration, and applying all of them again changes nothing', async () => {
  const migrations = arena.cluster.compiled.scopes.tenant.migrations.filter(
    ({ module }) => module !== 'totals',
  );
  if (victim.pool === undefined) throw new TypeError('the victim shares no tables');
  const { applied } = await applyMigrations(
    arena.cluster.migrator,
    poolTarget(victim.pool),
    pooledMigrations(migrations),
  );
  expect(applied).toEqual([]);
});
