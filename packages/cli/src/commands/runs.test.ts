import type { RunView } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst } from '../testing/fake-system.ts';
import { runItem, runView, wonkaFailure } from '../testing/run-view.ts';

const running = runView({
  status: 'running',
  migrated: 1,
  working: 2,
  endedAt: null,
  waves: [
    { wave: 0, total: 1, migrated: 1, failed: 0, tenants: ['acme'], seconds: 0.4 },
    { wave: 1, total: 2, migrated: 0, failed: 0, seconds: null },
  ],
});

/** Answers with one state of the run after the other; the last one stays. */
function inTurn(...states: readonly RunView[]) {
  const left = [...states];
  return () => ({ run: (left.length > 1 ? left.shift() : left[0]) ?? null });
}

test('runs list shows the newest runs with what they do and how they ended', async () => {
  const answers = { 'list-runs': () => ({ runs: [runView()] }) };
  const { stdout, calls } = await runAgainst({ answers }, 'runs list --limit 5');

  expect(calls[0]?.input).toEqual({ limit: 5 });
  expect(stdout).toContain('RUN   STATUS     WHAT');
  expect(stdout).toContain('run1  succeeded  up to the newest');
});

test('runs show tells waves and failures, and ends with 0 however the run ended', async () => {
  const failed = runView({ status: 'failed', migrated: 2, failed: 1, failures: [wonkaFailure] });
  const answers = { 'show-run': () => ({ run: failed }) };
  const { exitCode, stdout, stderr } = await runAgainst({ answers }, 'runs show run1');

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain('  canary    1 of 1 done, 0 failed in 0.4 s (acme)\n');
  expect(stdout).toContain('  wave 1    2 of 2 done, 0 failed in 1.2 s\n');
  expect(stderr).toContain('SQLSTATE 23502');
});

test('an unknown run ends with 6', async () => {
  const answers = { 'show-run': () => ({ run: null }) };
  const { exitCode, stderr } = await runAgainst({ answers }, 'runs watch run9');

  expect(exitCode).toBe(exitCodes.notFound);
  expect(stderr).toContain('✕ RUN_NOT_FOUND  No run "run9".');
  expect(stderr).toContain('tenantry runs list');
});

test('runs watch tells each tenant once as it is done, and ends as the run does', async () => {
  const first = runItem({ slug: 'acme' });
  const second = runItem({ slug: 'globex', endedAt: '2026-11-21T08:11:05.000Z' });
  const pages = [[first], [first], [first, second]];
  const answers = {
    'show-run': inTurn(running, running, running, runView()),
    'list-run-items': () => ({ items: pages.shift() ?? [] }),
  };
  const { exitCode, stdout, stderr } = await runAgainst({ answers }, 'runs watch run1');

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toMatch(/^run1  succeeded in 60\.0 s/);
  expect(stderr.match(/✓ acme/g)).toHaveLength(1);
  expect(stderr.match(/✓ globex/g)).toHaveLength(1);
});

test('a paused run is not waited for', async () => {
  const answers = {
    'show-run': inTurn(runView({ status: 'paused', endedAt: null, migrated: 1 })),
    'list-run-items': () => ({ items: [] }),
  };
  const { exitCode, stderr } = await runAgainst({ answers }, 'runs watch run1');

  expect(exitCode).toBe(exitCodes.failed);
  expect(stderr).toContain('tenantry runs resume run1');
});

test.each(['pause', 'cancel'] as const)(
  'runs %s tells the system and does not wait',
  async (word) => {
    const answers = {
      'show-run': () => ({ run: running }),
      'control-run': () => ({ run: running, executionArn: null }),
    };
    const { exitCode, calls } = await runAgainst({ answers }, `runs ${word} run1`);

    expect(exitCode).toBe(exitCodes.ok);
    expect(calls.at(-1)).toEqual({
      action: 'control-run',
      input: { run: 'run1', command: word, actor: 'operator@example.com' },
    });
  },
);

test('runs resume lets the run go on and watches it to its end', async () => {
  const executionArn = 'arn:aws:states:r:0:execution:m:up-2';
  const answers = {
    'show-run': inTurn(runView({ status: 'paused' }), runView()),
    'control-run': () => ({ run: running, executionArn }),
    'list-run-items': () => ({ items: [] }),
  };
  const { exitCode, stdout, calls } = await runAgainst({ answers }, 'runs resume run1');

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain('run1  succeeded');
  expect(calls.at(-2)).toEqual({ action: 'show-run', input: { execution: 'up-2' } });
});

const failedItem = runItem({
  slug: 'wonka',
  status: 'failed',
  applied: [],
  failure: wonkaFailure,
  endedAt: '2026-11-21T08:11:09.000Z',
});

test('at a terminal there is one status line; waves and failures stay above it', async () => {
  const answers = {
    'show-run': inTurn(running, running, runView({ status: 'failed', migrated: 2, failed: 1 })),
    'list-run-items': () => ({ items: [failedItem] }),
  };
  const { stderr } = await runAgainst({ answers, isTerminal: true }, 'runs watch run1');

  expect(stderr).toContain('\r\u001B[2K  canary  ✓ 1          0.4 s\n');
  expect(stderr).toContain('  ✕ wonka  polls/0002_votes statement 3 · 23502 column');
  expect(stderr).toContain(`\r\u001B[2K  wave 1  ${'─'.repeat(32)}  0/2   2 running · 0 failed`);
});

test.each([
  ['events', true, true],
  ['errors-only', false, true],
  ['none', false, false],
])('--progress %s: done tenants %s, failed ones %s', async (form, tellsDone, tellsFailed) => {
  const all = [runItem(), failedItem];
  const answers = {
    'show-run': inTurn(running, runView({ status: 'failed', migrated: 2, failed: 1 })),
    'list-run-items': ({ status }: { readonly status?: string }) => ({
      items: all.filter((item) => status === undefined || item.status === status),
    }),
  };
  const { stderr } = await runAgainst({ answers }, `runs watch run1 --progress ${form}`);

  expect(stderr.includes('✓ acme')).toBe(tellsDone);
  expect(stderr.includes('  ✕ wonka  polls')).toBe(tellsFailed);
});
