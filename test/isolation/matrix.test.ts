import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { openArena, standAt, type Arena } from './arena.ts';
import { attackGroups } from './attacks/all.ts';
import { titleOf, type Attack } from './attacks/attack.ts';
import { holdSession, type HeldSession } from './held-session.ts';
import { findBroken } from './judge-attack.ts';
import { replaceMatrix } from './matrix-report.ts';
import { measureAttack, type Measured } from './measure-attack.ts';
import { takeSnapshot, type Snapshot } from './take-snapshot.ts';

const page = new URL('../../docs/isolation-matrix.md', import.meta.url);
const measured = new Map<Attack, Measured>();
let arena: Arena;
let before: readonly Snapshot[];
let held: readonly HeldSession[];

beforeAll(async () => {
  arena = await openArena({ hasCustomer: true });
  before = await takeSnapshots();
  held = await Promise.all(
    arena.victims.map(async ({ role, password, database, at }) =>
      holdSession(
        at?.openAs(role, password, database) ??
          arena.cluster.openAs(role, password, { database, maxSessions: 1 }),
      ),
    ),
  );
});
afterAll(async () => {
  await Promise.all(held.map(async (session) => await session.release()));
  await arena.close();
});

async function takeSnapshots(): Promise<Snapshot[]> {
  const snapshots = [];
  for (const victim of arena.victims) snapshots.push(await takeSnapshot(arena, victim));
  return snapshots;
}

describe.each(attackGroups)('$kind', ({ attacks }) => {
  const cases = attacks.map((attack): [string, Attack] => [titleOf(attack), attack]);
  test.each(cases)(
    'nothing of another tenant is read, changed, counted or held up: %s',
    async (_, attack) => {
      const row = await measureAttack(attack, arena);
      measured.set(attack, row);
      expect(findBroken(attack, row)).toEqual([]);
    },
  );
});

test('after all attacks the other tenants have the rows, objects, rights and ledger they had, and their sessions work on', async () => {
  expect(await takeSnapshots()).toEqual(before);
  expect(await Promise.all(held.map(async (session) => await session.isAlive()))).toEqual(
    held.map(() => true),
  );
});

test('after all attacks nothing that an attacker made, holds or owns is left', async () => {
  const attackers = [...new Set(arena.attackers.map(({ tenant }) => tenant))];
  for (const { role, database, at } of attackers) {
    const { user, password } = (at ?? arena.cluster).adminLogin;
    const admin =
      at?.openAs(user, password, database) ??
      arena.cluster.openAs(user, password, { database, maxSessions: 1 });
    const { rows } = await sql`
      select (select count(*) from pg_locks l join pg_stat_activity a using (pid) where a.usename = ${role} and l.locktype <> 'virtualxid') as locks,
        (select count(*) from pg_shdepend where refobjid = cast(${role} as regrole) and deptype = 'o') as owned,
        (select count(*) from pg_class where relname = 'mine') + (select count(*) from pg_proc where proname = 'mine')
          + (select count(*) from pg_type where typname = 'mine') + (select count(*) from pg_namespace where nspname = 'mine')
          + (select count(*) from pg_roles where rolname = 'mine') + (select count(*) from pg_database where datname = 'mine')
          + (select count(*) from pg_publication) + (select count(*) from pg_event_trigger where evtname = 'mine') as made`.execute(
      admin,
    );
    expect(rows).toEqual([{ locks: 0n, owned: 0n, made: 0n }]);
  }
});

/** The documentation is about the PostgreSQL that is installed with this repository. */
const isAnotherVersion = process.env['TENANTRY_POSTGRES_PACKAGE'] !== undefined;

test.skipIf(isAnotherVersion)('the documentation shows how each attack ended', async () => {
  const document = await readFile(page, 'utf8');
  const written = replaceMatrix(document, attackGroups, measured);
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, written);
  else expect(document).toBe(written);
});

test('a wall that is taken down is seen: the same attacks then read, count and change', async () => {
  const victim = await arena.create('schema');
  const self = await arena.create('schema');
  const attackers = standAt(self, { victims: [victim], roads: arena.roads });
  const outcomeOf = async (attack: Attack) =>
    (await measureAttack(attack, { attackers })).get('schema')?.pg;
  await sql.raw(`grant ${victim.role} to ${self.role}`).execute(arena.cluster.provisioner);
  expect(await outcomeOf({ sql: 'select * from {victim}.poll' })).toEqual([
    expect.stringMatching(/^READ /),
  ]);
  expect(await outcomeOf({ sql: 'select count(*) from {victim}.poll', answer: [['5']] })).toEqual([
    'ANSWERED [["8"]]',
  ]);
  expect(
    await outcomeOf({
      sql: "select cast(question as integer) from {victim}.poll where question like '{marker}%'",
    }),
  ).toEqual([expect.stringMatching(/^READ /)]);
  const whole = await takeSnapshot(arena, victim);
  expect(await outcomeOf({ sql: 'delete from {victim}.poll where id = {victim_poll}' })).toEqual([
    'ran',
  ]);
  const after = await takeSnapshot(arena, victim);
  expect(after['rows']).not.toEqual(whole['rows']);
});
