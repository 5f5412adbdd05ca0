import { expect, test } from 'vitest';
import { selectMigrations, selectReverts, type CompiledScope, type LedgerRow } from './index.ts';
import { compileTenantFiles } from './test-files.ts';

const both = 'select 1\n-- down\nselect 1';
const migrations = await compileTenantFiles({
  'accounts/0001_a.sql': both,
  'accounts/0002_b.sql': both,
  'polls/0001_x.sql': both,
  'polls/0002_y.sql': `-- tenantry: depends-on accounts/0001_a\n${both}`,
  'polls/0003_z.sql': both,
  'zz/0001_last.sql': 'select 1',
});
const scope: CompiledScope = { hash: '', migrations };

function ledgerOf(...ids: string[]): LedgerRow[] {
  return ids.map((id) => ({
    id,
    checksum: '',
    appliedAt: '',
    durationMs: null,
    runId: null,
    how: 'applied',
  }));
}

const all = migrations.map(({ id }) => id);
const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

test('without a wish all are meant', () => {
  expect(idsOf(selectMigrations(scope, {}))).toEqual(all);
});

test('up to a migration means exactly to there', () => {
  expect(idsOf(selectMigrations(scope, { to: 'polls/0001_x' }))).toEqual(all.slice(0, 3));
});

test('a module is taken together with what it depends on, and nothing else', () => {
  expect(idsOf(selectMigrations(scope, { module: 'polls' }))).toEqual([
    'accounts/0001_a',
    'polls/0001_x',
    'polls/0002_y',
    'polls/0003_z',
  ]);
  expect(idsOf(selectMigrations(scope, { module: 'accounts' }))).toEqual(all.slice(0, 2));
  expect(idsOf(selectMigrations(scope, { module: 'polls', to: 'polls/0001_x' }))).toEqual([
    'polls/0001_x',
  ]);
});

test.each([
  [{ to: 'polls/0002_yy' }, ['polls/0002_y']],
  [{ to: '0003' }, ['polls/0003_z']],
  [{ module: 'poll' }, ['polls']],
  [{ module: 'nothing_like_it' }, []],
])('what is not there is named with what is near: %j', (change, nearest) => {
  expect(() => selectMigrations(scope, change)).toThrow(
    expect.objectContaining({ code: 'MIGRATION_NOT_FOUND' }),
  );
  try {
    selectMigrations(scope, change);
  } catch (error) {
    expect((error as { nearest: string[] }).nearest.slice(0, nearest.length)).toEqual(nearest);
    if (nearest.length === 0) expect((error as { nearest: string[] }).nearest).toEqual([]);
  }
});

test.each([
  [{}, ['polls/0003_z']],
  [{ steps: 2 }, ['polls/0002_y', 'polls/0003_z']],
  [{ to: 'polls/0001_x' }, ['polls/0002_y', 'polls/0003_z']],
  [{ to: null }, all.slice(0, 5)],
  [{ to: null, module: 'polls' }, ['polls/0001_x', 'polls/0002_y', 'polls/0003_z']],
  [{ steps: 1, module: 'accounts' }, ['accounts/0002_b']],
  [{ ids: ['polls/0003_z', 'polls/0002_y'] }, ['polls/0002_y', 'polls/0003_z']],
  [{ ids: ['polls/0003_z', 'zz/0001_last'] }, ['polls/0003_z']],
])('a way back is counted in the ledger, oldest first: %j', (change, expected) => {
  expect(idsOf(selectReverts(scope, ledgerOf(...all.slice(0, 5)), change))).toEqual(expected);
});

test.each([
  [{ ids: ['polls/0002_y'] }, 'MIGRATION_CONFLICT'],
  [{ ids: ['accounts/0001_a', 'accounts/0002_b'] }, 'MIGRATION_CONFLICT'],
  [{ to: null, module: 'accounts' }, 'MIGRATION_CONFLICT'],
  [{ to: 'polls/0009_no' }, 'MIGRATION_NOT_FOUND'],
])('what would take the ground from under another is refused: %j', (change, code) => {
  expect(() => selectReverts(scope, ledgerOf(...all.slice(0, 5)), change)).toThrow(
    expect.objectContaining({ code }),
  );
});

test('one without a way back, or that this build does not hold, is refused', () => {
  for (const id of ['zz/0001_last', 'zz/0002_other']) {
    expect(() => selectReverts(scope, ledgerOf(...all.slice(0, 5), id), {})).toThrow(
      expect.objectContaining({ code: 'MIGRATION_NOT_REVERSIBLE', migration: id }),
    );
  }
});
