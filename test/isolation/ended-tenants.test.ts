import { applyMigrations, type CompiledMigration } from '@tenantry/migrations';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSessionEnded } from '../support/is-session-ended.ts';
import { openArena, type Arena } from './arena.ts';
import { kinds, openMigrator, provision, targetOf, type Citizen, type Kind } from './citizens.ts';
import { dropCitizen, suspendCitizen } from './end-citizen.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});
afterAll(async () => {
  await arena.close();
});

function openAs({ role, password, database }: Citizen, elsewhere = database) {
  return arena.cluster.openAs(role, password, { database: elsewhere, maxSessions: 1 });
}

function victimOf(kind: Kind): Citizen {
  const victim = arena.victims.find((each) => each.kind === kind);
  if (victim === undefined) throw new TypeError(`the arena has no tenant of ${kind}`);
  return victim;
}

async function count(query: string, database = 'tenantry'): Promise<number> {
  const { user, password } = arena.cluster.adminLogin;
  const admin = arena.cluster.openAs(user, password, { database, maxSessions: 1 });
  const { rows } = await sql.raw<{ count: bigint }>(query).execute(admin);
  return Number(rows[0]?.count);
}

test.each(kinds)(
  'after suspension no statement of a tenant with %s succeeds, not even on a session that was open before',
  async (kind) => {
    const tenant = await arena.create(kind);
    await openAs(tenant)
      .connection()
      .execute(async (db) => {
        const { rows } = await sql<{
          pid: number;
        }>`select pg_backend_pid() as pid from poll limit 1`.execute(db);
        await suspendCitizen(arena.cluster, tenant);
        const sessions = `select count(*) as count from pg_stat_activity where pid = ${rows[0]?.pid}`;
        await expect.poll(async () => await count(sessions)).toBe(0);
        await expect(sql`select count(*) from poll`.execute(db)).rejects.toSatisfy(isSessionEnded);
      });
    await expect(sql`select 1`.execute(openAs(tenant))).rejects.toMatchObject({ code: '28000' });
    await expect(sql`select 1`.execute(openAs(tenant, 'tenantry'))).rejects.toMatchObject({
      code: '28000',
    });
    const victim = victimOf(kind);
    expect(await arena.roads.runAs(victim).pg(['select count(*) from poll'])).toEqual([['8']]);
  },
);

test.each(kinds)(
  'of a deleted tenant with %s no role, schema, database, row or large object is left, and nobody else misses anything',
  async (kind) => {
    const tenant = await arena.create(kind);
    await arena.roads
      .runAs(tenant)
      .pg(["select lo_from_bytea(0, convert_to('left behind', 'utf8'))"]);
    await dropCitizen(arena.cluster, tenant);
    const names = `'t_${tenant.id}', 'o_${tenant.id}'`;
    expect(
      await count(`select (select count(*) from pg_roles where rolname in (${names}))
        + (select count(*) from pg_namespace where nspname in (${names}))
        + (select count(*) from pg_database where datname in (${names}))
        + (select count(*) from pg_default_acl a where not exists (select from pg_roles r where r.oid = a.defaclrole))
        + (select count(*) from pg_auth_members m where not exists (select from pg_roles r where r.oid = m.member))
        + (select count(*) from pg_largeobject_metadata l where not exists (select from pg_roles r where r.oid = l.lomowner))
        as count`),
    ).toBe(0);
    expect(
      await arena.roads.runAs(victimOf(kind)).pg(['select count(*) from poll, choice']),
    ).toEqual([['64']]);
  },
);

test.each(kinds)(
  'a new role with the name of a deleted tenant with %s finds nothing of it',
  async (kind) => {
    const tenant = await arena.create(kind);
    await dropCitizen(arena.cluster, tenant);
    const { id, password } = tenant;
    await provision(arena, id, { kind, password });
    for (const table of ['poll', 'account', 'project', 'event']) {
      const { rows } = await sql`select * from ${sql.table(table)}`.execute(openAs(tenant));
      expect(rows).toEqual([]);
    }
  },
);

test.each(kinds)(
  'a thousand advisory locks that a tenant with %s holds delay no migration of anybody',
  async (kind) => {
    await openAs(victimOf(kind))
      .connection()
      .execute(async (db) => {
        await sql`select pg_advisory_lock(key) from generate_series(1, 1000) key`.execute(db);
        for (const tenant of arena.victims) {
          const probe = lockProbe(`${kind}_${tenant.kind}`.replaceAll(' ', '_'));
          const migrator = openMigrator(arena, tenant);
          const { applied } = await applyMigrations(migrator, targetOf(tenant), [probe]);
          expect(applied).toEqual([probe.id]);
        }
        // The session goes back to its pool, and would keep them.
        await sql`select pg_advisory_unlock_all()`.execute(db);
      });
  },
);

/** Changes a table; the same in a pool. */
function lockProbe(name: string): CompiledMigration {
  return {
    id: `polls/9000_${name}`,
    module: 'polls',
    file: `tenant/polls/9000_${name}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: name,
    up: [{ sql: `alter table vote add column ${name} integer`, line: 1, effects: [] }],
    down: null,
  };
}

test('shared data is readable by tenants of every kind', async () => {
  for (const victim of arena.victims) {
    const { rows } = await sql`select id from shared.category where id = 'food'`.execute(
      openAs(victim, 'tenantry'),
    );
    expect(rows).toEqual([{ id: 'food' }]);
  }
});

test("a tenant's login opens the databases it is meant for and no other", async () => {
  const { rows } = await sql<{ name: string }>`select datname as name from pg_database`.execute(
    arena.cluster.admin,
  );
  for (const { tenant } of arena.attackers) {
    const open = [];
    for (const { name } of rows) {
      const state = await sql`select 1`.execute(openAs(tenant, name)).then(
        () => 'open',
        (error: Error & { code?: string }) => error.code,
      );
      expect(['open', '42501', '55000']).toContain(state);
      if (state === 'open') open.push(name);
    }
    expect(open.toSorted()).toEqual([...new Set(['tenantry', tenant.database])].toSorted());
  }
});
