import type { TenantSuspension } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst, tenantView } from '../testing/fake-system.ts';

const suspension: TenantSuspension = { reason: 'unpaid', actor: 'pat', phase: 'closed' };
const active = tenantView();
const suspended = tenantView({ status: 'suspended', suspension });

test('suspend passes the reason on and says what the tenant has lost', async () => {
  const { exitCode, stdout, calls } = await runAgainst({ tenants: [active] }, [
    'tenant',
    'suspend',
    'acme',
    '--reason',
    'invoice 1007',
  ]);
  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain('acme is suspended: its hosts lead nowhere');
  expect(calls).toContainEqual({
    action: 'suspend-tenant',
    input: { reference: 'acme', reason: 'invoice 1007', actor: 'operator@example.com' },
  });
});

test('each step of a suspension is a line of progress', async () => {
  const states = ['close', 'finish-suspend'].map((name) => ({
    name,
    seconds: 0.3,
    hasFailed: false,
  }));
  const { stderr } = await runAgainst(
    { tenants: [active], states },
    'tenant suspend acme --reason unpaid',
  );
  expect(stderr).toContain('✓ 1/2 sign-in closed, sessions ended');
  expect(stderr).toContain('✓ 2/2 suspended');
});

test('an active tenant is not suspended without a reason, and where nobody can be asked the flag is named', async () => {
  const { exitCode, stderr, calls } = await runAgainst(
    { tenants: [active] },
    'tenant suspend acme --json',
  );
  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'INPUT_NEEDED', missing: ['--reason TEXT'] },
  });
  expect(calls.map(({ action }) => action)).not.toContain('suspend-tenant');
});

test('a person is asked for the reason', async () => {
  const { exitCode, calls } = await runAgainst(
    { tenants: [active], isTerminal: true },
    'tenant suspend acme',
    ['unpaid', '\r'],
  );
  expect(exitCode).toBe(exitCodes.ok);
  expect(calls).toContainEqual({
    action: 'suspend-tenant',
    input: expect.objectContaining({ reason: 'unpaid' }) as unknown,
  });
});

test.each([
  ['suspend', suspended, 'acme is suspended already, since'],
  ['resume', active, 'acme is active already, since'],
])(
  '%s of a tenant that is so already says that nothing was to be done',
  async (verb, tenant, words) => {
    const answers = { [`${verb}-tenant`]: () => ({ tenant, executionArn: null }) };
    const plain = await runAgainst({ tenants: [tenant], answers }, `tenant ${verb} acme`);
    expect(plain.exitCode).toBe(exitCodes.ok);
    expect(plain.stdout).toContain(words);
    const json = await runAgainst({ tenants: [tenant], answers }, `tenant ${verb} acme --json`);
    expect(JSON.parse(json.stdout)).toMatchObject({
      v: 1,
      changed: false,
      tenant: { slug: 'acme' },
    });
  },
);

test('resume says where the tenant answers again', async () => {
  const { exitCode, stdout } = await runAgainst({ tenants: [active] }, 'tenant resume acme');
  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain(`acme is active again at ${active.domains.join(', ')}`);
});

test.each(['suspend', 'resume'])(
  'a workflow that failed is told with its step, and the same command goes on: %s',
  async (verb) => {
    const failure = {
      step: 'close',
      error: 'ServerNotReachedError',
      sqlstate: null,
      message: 'no',
    };
    const tenant = tenantView({ status: 'suspended', suspension, failure });
    const { exitCode, stderr } = await runAgainst(
      { tenants: [tenant], outcome: { status: 'FAILED' } },
      `tenant ${verb} acme`,
    );
    expect(exitCode).toBe(exitCodes.failed);
    expect(stderr).toContain(`Could not ${verb} tenant "acme": step close failed`);
    expect(stderr).toContain(`do       tenantry tenant ${verb} acme`);
  },
);

test('list and show say since when a tenant is suspended, and why', async () => {
  const tenants = [suspended];
  const list = await runAgainst({ tenants }, 'tenant list');
  expect(list.stdout).toContain(`○ suspended ${suspended.statusSince.slice(0, 10)}: unpaid`);
  const show = await runAgainst({ tenants }, 'tenant show acme');
  expect(show.stdout).toContain(`○ suspended since ${suspended.statusSince}`);
  expect(show.stdout).toContain('unpaid (pat)');
  expect(show.stdout).not.toContain('workflow');
  const json = await runAgainst({ tenants }, 'tenant show acme --json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    tenant: { suspension: { ...suspension, since: suspended.statusSince } },
  });
});

test('show tells of a suspension that did not come to its end, and what to type', async () => {
  const halfway = tenantView({
    status: 'suspended',
    suspension: { ...suspension, phase: 'closing' },
  });
  const { stdout } = await runAgainst({ tenants: [halfway] }, 'tenant show acme');
  expect(stdout).toContain('tenantry tenant suspend acme');
});
