import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { refuse, runAgainst } from '../testing/fake-system.ts';
import { runItem } from '../testing/run-view.ts';

test('a mark wants to know what and why, and both go to the system', async () => {
  const answers = { 'mark-migration': () => ({ version: 'polls/0001_initial', pool: null }) };
  const mark = 'migrate mark acme polls/0002_votes';
  const undecided = await runAgainst({ answers }, `${mark} --reason x`);
  const unreasoned = await runAgainst({ answers }, `${mark} --pending`);
  const marked = await runAgainst({ answers }, `${mark} --pending --reason mistake --force`);

  expect(undecided.exitCode).toBe(exitCodes.usage);
  expect(unreasoned.exitCode).toBe(exitCodes.usage);
  expect(unreasoned.calls).toEqual([]);
  expect(marked.calls[0]?.input).toEqual({
    reference: 'acme',
    migration: 'polls/0002_votes',
    as: 'pending',
    reason: 'mistake',
    force: true,
    actor: 'operator@example.com',
  });
  expect(marked.stdout).toBe(
    'acme: polls/0002_votes is recorded as pending; now at polls/0001_initial\n',
  );
});

test('a mark that the tables contradict is a conflict', async () => {
  const answers = {
    'mark-migration': refuse({ code: 'MIGRATION_MISMATCH', message: 'column is missing' }),
  };
  const { exitCode } = await runAgainst(
    { answers },
    'migrate mark acme polls/0002_votes --applied --reason x',
  );

  expect(exitCode).toBe(exitCodes.conflict);
});

test('a baseline says what it recorded', async () => {
  const answers = {
    'baseline-tenant': () => ({
      recorded: ['polls/0001_initial'],
      version: 'polls/0001_initial',
      pool: null,
    }),
  };
  const { stdout } = await runAgainst({ answers }, 'migrate baseline acme --reason restored');

  expect(stdout).toBe(
    'polls/0001_initial  recorded\nacme: 1 recorded; now at polls/0001_initial\n',
  );
});

test('a history shows the ledger, how each row came, and the runs', async () => {
  const row = {
    id: 'polls/0001_initial',
    checksum: 'c',
    appliedAt: '2026-11-21T08:11:00.000Z',
    milliseconds: 4,
    run: 'run1',
    how: 'applied',
  } as const;
  const history = { slug: 'acme', pool: null, ledger: [row], runs: [runItem()] };
  const answers = { 'show-history': () => ({ history }) };
  const plain = await runAgainst({ answers }, 'migrate history acme');
  const json = await runAgainst({ answers }, 'migrate history acme --json');

  expect(plain.stdout).toContain('polls/0001_initial  2026-11-21T08:11:00.000Z  applied  4   run1');
  expect(plain.stdout).toContain('migrated  polls/0001_initial  polls/0002_votes');
  expect(JSON.parse(json.stdout)).toEqual({
    v: 1,
    tenant: 'acme',
    pool: null,
    ledger: [row],
    runs: [runItem()],
  });
});

test('a check names tenant, object and difference, and ends with 3', async () => {
  const finding = {
    slug: 'acme',
    tenantId: '0123456789acme',
    object: 'column poll.question',
    difference: 'missing',
    expected: 'text not null',
    actual: null,
  } as const;
  const found = { 'check-tenants': () => ({ checked: 500, findings: [finding], more: 2 }) };
  const clean = { 'check-tenants': () => ({ checked: 500, findings: [], more: 0 }) };
  const one = await runAgainst({ answers: found }, 'migrate check --all');
  const lines = await runAgainst({ answers: found }, 'migrate check --all -o ndjson');
  const none = await runAgainst({ answers: clean }, 'migrate check --all');

  expect(one.exitCode).toBe(exitCodes.difference);
  expect(one.stdout).toContain('acme    column poll.question  missing     text not null  –');
  expect(one.stdout).toContain('500 checked, 3 differences');
  expect(one.stdout).toContain('and 2 more');
  expect(JSON.parse(lines.stdout)).toEqual({ v: 1, ...finding });
  expect(none.exitCode).toBe(exitCodes.ok);
  expect(none.stdout).toContain('500 checked, 0 differences');
});
