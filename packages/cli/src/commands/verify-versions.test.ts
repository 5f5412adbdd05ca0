import type { RunPlanView, VersionCorrection } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst } from '../testing/fake-system.ts';
import { runView } from '../testing/run-view.ts';

const acme: VersionCorrection = {
  slug: 'acme',
  tenantId: 'abc',
  pool: null,
  from: 'polls/0002_votes',
  to: 'polls/0001_initial',
  pending: 1,
};
const told = 'catalog set right: acme was polls/0002_votes, is polls/0001_initial, 1 pending\n';
const verified = { checked: 3, corrected: [acme], unread: [], more: 0 };
const plan: RunPlanView = {
  hash: 'abc',
  total: 1,
  current: 2,
  canary: [],
  waves: [],
  concurrency: 16,
  maxFailures: 0,
  leftOut: [],
  groups: [],
  estimate: { seconds: 1, dollars: 0 },
};
const answers = {
  'verify-versions': () => verified,
  'plan-run': () => ({ plan }),
  'start-run': () => ({ executionArn: 'arn', execution: 'up-1' }),
  'show-run': () => ({ run: runView() }),
  'list-run-items': () => ({ items: [] }),
  'list-targets': () => ({ targets: [], total: 3, leftOut: [] }),
  'migrate-status': () => ({ migrations: [], tenants: [] }),
  'check-tenants': () => ({ checked: 3, findings: [], more: 0 }),
};

const asks = {
  action: 'verify-versions',
  input: { selector: { all: true }, actor: 'operator@example.com' },
};

test.each([
  'targets --all --verify',
  'migrate up --all --verify --dry-run',
  'migrate up --all --verify --plan',
  'migrate up --all --verify --yes',
  'migrate down --all --steps 1 --verify --yes',
  'migrate status --all --verify',
  'migrate status --verify',
  'migrate check --all --verify',
  'run --all --verify --yes -- true',
])('the ledgers are read before anything else is asked: %s', async (command) => {
  const { stderr, calls } = await runAgainst({ answers }, command);
  expect(calls[0]).toEqual(asks);
  expect(stderr).toContain(told);
});

test.each(['targets --all', 'migrate up --all --yes', 'migrate status', 'migrate check --all'])(
  'no ledger is read unless somebody says so: %s',
  async (command) => {
    const { calls } = await runAgainst({ answers }, command);
    expect(calls.map(({ action }) => action)).not.toContain('verify-versions');
  },
);

test('a run is told to read the ledgers itself, and what it set right is said', async () => {
  const corrected = { ...answers, 'show-run': () => ({ run: runView({ corrected: [acme] }) }) };
  const { calls, stdout, stderr } = await runAgainst(
    { answers: corrected },
    'migrate up --all --verify --yes --json',
  );
  expect(calls.map(({ action }) => action)).not.toContain('verify-versions');
  expect(calls.find(({ action }) => action === 'start-run')?.input).toMatchObject({ verify: true });
  expect(JSON.parse(stdout)).toMatchObject({ run: { corrected: [acme] } });
  expect(stderr).toBe('');
  const named = await runAgainst({ answers: corrected }, 'migrate up acme');
  expect(named.stderr).toContain(told);
});

test('a plan for several named tenants goes by their ledgers, as the run will', async () => {
  const { exitCode, stdout } = await runAgainst(
    { answers },
    'migrate up acme globex --plan --exit-code --json',
  );
  expect(exitCode).toBe(exitCodes.difference);
  expect(JSON.parse(stdout)).toMatchObject({ plan: { total: 1 }, verified });
});

test('whose ledger could not be read is named with the reason, and of many the first', async () => {
  const many = Array.from({ length: 22 }, (_, number) => ({ ...acme, slug: `t-${number}` }));
  const unread = [{ slug: 'far', tenantId: 'def', reason: 'cluster eu does not answer' }];
  const found = {
    ...answers,
    'verify-versions': () => ({ ...verified, corrected: many, unread, more: 5 }),
  };
  const { stderr } = await runAgainst({ answers: found }, 'targets --all --verify');
  expect(stderr).toContain('t-19 was');
  expect(stderr).not.toContain('t-20 was');
  expect(stderr).toContain('ledger not read: far (cluster eu does not answer)\n');
  expect(stderr).toContain('and 7 more\n');
});

test('tenants that share tables are named with their pool', async () => {
  const corrected = [{ ...acme, pool: 'main', from: null, to: null, pending: 2 }];
  const found = { ...answers, 'verify-versions': () => ({ ...verified, corrected }) };
  const { stderr } = await runAgainst({ answers: found }, 'targets --all --verify');
  expect(stderr).toContain(
    'catalog set right: acme (pool main) was nothing, is nothing, 2 pending\n',
  );
});
