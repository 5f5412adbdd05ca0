import { expect, test } from 'vitest';
import type { CompiledMigration } from '../compiled-migrations.ts';
import { judgeLedger } from './judge-ledger.ts';

function migration(id: string, formerly: string[] = []): CompiledMigration {
  const module = id.slice(0, id.indexOf('/'));
  const file = `tenant/${id}.sql`;
  const statements = { up: [], down: null };
  return {
    id,
    module,
    file,
    form: 'transaction',
    dependsOn: [],
    formerly,
    checksum: `sum of ${id}`,
    ...statements,
  };
}

const row = (id: string, checksum = `sum of ${id}`) => ({ id, checksum });
const set = [migration('accounts/0001_a'), migration('polls/0001_a'), migration('polls/0002_b')];
const idsOf = (applied: readonly CompiledMigration[]) => applied.map(({ id }) => id);

test('what is pending at the end of a module is no finding', () => {
  const { findings, applied, isAhead } = judgeLedger([row('polls/0001_a')], set);
  expect(findings).toEqual([]);
  expect(idsOf(applied)).toEqual(['polls/0001_a']);
  expect(isAhead).toBe(false);
});

test('a migration that moved to another module is found under its former name', () => {
  const moved = [migration('votes/0001_a', ['polls/0001_a'])];
  const { findings, applied } = judgeLedger([row('polls/0001_a', 'sum of votes/0001_a')], moved);
  expect(findings).toEqual([]);
  expect(idsOf(applied)).toEqual(['votes/0001_a']);
});

test('a gap, a changed file and a row without a file are findings; the last one puts the schema ahead', () => {
  const ledger = [row('accounts/0001_a', 'other'), row('polls/0002_b'), row('polls/0003_c')];
  const { findings, isAhead } = judgeLedger(ledger, set);
  expect(findings.map(({ object, difference }) => `${object} ${difference}`)).toEqual([
    'migration polls/0003_c unknown',
    'migration accounts/0001_a checksum',
    'migration polls/0001_a missing',
  ]);
  expect(isAhead).toBe(true);
});
