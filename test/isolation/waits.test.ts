import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openArena, type Arena } from './arena.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});
afterAll(async () => {
  await arena.close();
});

/** Waits until a session of this role waits for a lock. */
async function untilWaiting(role: string): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where usename = ${role} and wait_event_type = 'Lock'`.execute(
        arena.cluster.admin,
      );
      return rows.length;
    })
    .toBe(1);
}

test.each([
  ['poll', 'table', 'create rule mine as on insert to poll do nothing'],
  [
    'poll',
    'table',
    'create trigger mine after insert on poll execute function suppress_redundant_updates_trigger()',
  ],
  ['shared.category', 'schema', 'create rule mine as on insert to shared.category do nothing'],
] as const)(
  'a tenant with two sessions makes others wait for %s (%s) with a statement that is refused in the end: %s',
  async (table, kind, statement) => {
    const attacker = arena.attackers.find(({ tenant }) => tenant.kind === kind);
    const victim = arena.victims.find((one) => one.kind === kind);
    if (attacker === undefined || victim === undefined) throw new TypeError('the arena has none');
    const { role, password, database } = attacker.tenant;
    const db = arena.cluster.openAs(role, password, { database, maxSessions: 2 });
    const name = table.startsWith('shared') ? table : `${victim.schema}.${table}`;
    const work = [
      "set local lock_timeout = '50ms'",
      table === 'poll' ? "insert into poll (question) values ('waits?')" : `select from ${name}`,
    ];
    const run = arena.roads.runAs(victim).pg;
    await run(work);
    const held = await db.startTransaction().execute();
    // ROW EXCLUSIVE stands in the way of a trigger, and any lock in that of a rule.
    const mode = table === 'poll' ? 'row exclusive' : 'access share';
    await sql.raw(`lock table ${name} in ${mode} mode`).execute(held);
    const waiting = sql
      .raw(statement)
      .execute(db)
      .then(
        () => 'ran',
        (error: unknown) => (error as { code?: unknown }).code,
      );
    await untilWaiting(role);
    await expect(run(work)).rejects.toMatchObject({ code: '55P03' });
    await held.rollback().execute();
    expect(await waiting).toBe('42501');
    await run(work);
  },
);
