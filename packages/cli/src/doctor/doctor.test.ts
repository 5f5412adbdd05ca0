import {
  findingCodes,
  platformVersion,
  type AuditFinding,
  type AuditReport,
  type HealthView,
} from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { version } from '../program/create-root.ts';
import { runAgainst } from '../testing/fake-system.ts';

const opened: AuditFinding = {
  code: 'SCHEMA_GRANT',
  ...findingCodes.SCHEMA_GRANT,
  cluster: 'main',
  database: 'tenantry',
  tenantId: '0123456789abcdefghij',
  slug: 'acme',
  object: 'schema t_0123456789abcdefghij',
  what: 'PUBLIC has USAGE',
  repair: {
    commands: ['revoke USAGE on schema t_0123456789abcdefghij from public'],
    as: 'platform_provisioner',
    isAutomatic: true,
  },
};
const leftover: AuditFinding = {
  code: 'ORPHAN_SCHEMA',
  ...findingCodes.ORPHAN_SCHEMA,
  cluster: 'main',
  database: 'tenantry',
  tenantId: 'zzzzzzzzzzzzzzzzzzzz',
  slug: null,
  object: 'schema t_zzzzzzzzzzzzzzzzzzzz',
  what: 'the catalog has no tenant for it',
  repair: {
    commands: ['drop schema t_zzzzzzzzzzzzzzzzzzzz cascade'],
    as: 'platform_provisioner',
    isAutomatic: false,
  },
};

function report(...findings: readonly AuditFinding[]): AuditReport {
  const now = new Date().toISOString();
  return {
    startedAt: now,
    endedAt: now,
    actor: 'schedule',
    databases: 2,
    tenants: 3,
    findings,
    more: 0,
  };
}

function healthy(differences: Partial<HealthView> = {}): HealthView {
  return {
    version,
    time: new Date().toISOString(),
    tenants: { active: 3 },
    behind: 0,
    staleSchemas: [],
    failed: [],
    stuckTenants: [],
    stuckRuns: [],
    audit: report(),
    ...differences,
  };
}

function answersOf(health: HealthView, ...audits: readonly AuditReport[]) {
  const left = [...audits];
  return {
    'show-health': () => ({ health }),
    'run-audit': () => {
      const audit = left.shift();
      if (audit === undefined) throw new Error('no audit is left');
      return { audit };
    },
    'repair-findings': () => ({ repaired: [{ finding: opened, failure: null }] }),
  };
}

test('command line and platform are of one version', () => {
  expect(version).toBe(platformVersion);
});

test('a system that does well is told so, and nothing is audited for it', async () => {
  const { exitCode, stdout, calls } = await runAgainst({ answers: answersOf(healthy()) }, 'doctor');

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toContain('✓ walls      no finding, 3 tenants in 2 databases at ');
  expect(stdout).not.toMatch(/^[!✕]/m);
  expect(calls.map(({ action }) => action)).toEqual(['show-health']);
});

test.each<readonly [string, Partial<HealthView>, string, string]>([
  ['a clock that is off', { time: '2026-01-01T00:00:00.000Z' }, '! clock', 'set the clock'],
  ['another version', { version: '0.0.9' }, '! versions', 'npx cdk deploy'],
  [
    'schemas behind',
    { staleSchemas: ['shared'] },
    '! schemas    shared have pending migrations',
    'tenantry migrate up --scope static',
  ],
  ['tenants behind', { behind: 2 }, '! migrations 2 of 3 active tenants', 'migrate up --behind'],
  [
    'failed tenants',
    { failed: [{ slug: 'acme', step: 'migrate', message: 'no room' }] },
    '✕ tenants    acme failed in migrate: no room',
    'tenantry tenant create acme',
  ],
  [
    'a deletion left halfway',
    {
      stuckTenants: [
        { slug: 'acme', status: 'deleting', since: '2026-11-21T08:11:00.000Z', execution: 'x' },
      ],
    },
    '✕ workflows  acme is deleting since 2026-11-21T08:11:00.000Z, and nothing works on it',
    'tenantry tenant delete acme --confirm acme',
  ],
  [
    'a suspension left halfway',
    {
      stuckTenants: [
        { slug: 'acme', status: 'suspended', since: '2026-11-21T08:11:00.000Z', execution: 'x' },
      ],
    },
    '✕ workflows  acme is suspended since 2026-11-21T08:11:00.000Z, and nothing works on it',
    'tenantry tenant suspend acme',
  ],
  [
    'silent workers',
    { stuckRuns: [{ run: 'r1', tenants: 2 }] },
    '! leases     run r1 waits for 2 tenants of silent workers',
    'tenantry runs watch r1',
  ],
  ['no audit yet', { audit: null }, '! walls      no audit', 'tenantry doctor --now'],
  [
    'an old audit',
    { audit: { ...report(), endedAt: '2026-01-01T00:00:00.000Z' } },
    '! walls      the last audit is old',
    'tenantry doctor --now',
  ],
  [
    'an open wall',
    { audit: report(opened) },
    '✕ walls      1 finding, 1 critical',
    'tenantry doctor --repair',
  ],
])('%s is named with its repair, and ends with 3', async (_, differences, says, next) => {
  const answers = answersOf(healthy(differences));
  const { exitCode, stdout } = await runAgainst({ answers }, 'doctor');

  expect(exitCode).toBe(exitCodes.difference);
  expect(stdout).toContain(says);
  expect(stdout).toContain(next);
  expect(stdout.match(/^[!✕]/gm)).toHaveLength(says.includes('finding') ? 2 : 1);
});

test('a finding says tenant, object, why, and how it is repaired', async () => {
  const answers = answersOf(healthy({ audit: report(opened, leftover) }));
  const { stdout } = await runAgainst({ answers }, 'doctor');

  expect(stdout).toContain('✕ SCHEMA_GRANT  schema t_0123456789abcdefghij: PUBLIC has USAGE');
  expect(stdout).toContain('where    tenant acme, main · tenantry');
  expect(stdout).toContain(`why      ${opened.why}`);
  expect(stdout).toContain('do       revoke USAGE on schema t_0123456789abcdefghij from public');
  expect(stdout).toContain('(or tenantry doctor --repair SCHEMA_GRANT)');
  expect(stdout).toContain('! ORPHAN_SCHEMA');
  expect(stdout).toContain('(as platform_provisioner)');
});

test('--json is one line with checks and findings', async () => {
  const answers = answersOf(healthy({ audit: report(opened) }));
  const { stdout, stderr } = await runAgainst({ answers }, 'doctor --json');

  expect(JSON.parse(stdout)).toMatchObject({ v: 1, findings: [opened], more: 0 });
  expect(stderr).toBe('');
});

test('--now shows what a new audit finds, not the last one', async () => {
  const answers = answersOf(healthy({ audit: report(opened) }), report());
  const { exitCode, calls } = await runAgainst({ answers }, 'doctor --now');

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls.map(({ action }) => action)).toEqual(['show-health', 'run-audit']);
});

test('--repair shows the commands, asks, repairs, and looks again', async () => {
  const answers = answersOf(healthy(), report(opened, leftover), report(leftover));
  const options = { answers, isTerminal: true };
  const { exitCode, stdout, stderr, calls } = await runAgainst(options, 'doctor --repair', ['y']);

  expect(exitCode).toBe(exitCodes.difference);
  expect(stderr).toContain('revoke USAGE on schema t_0123456789abcdefghij from public');
  expect(stderr).not.toContain('drop schema');
  expect(stderr).toContain('Run 1 repair?');
  expect(stderr).toContain('✓ SCHEMA_GRANT');
  expect(stdout).toContain('ORPHAN_SCHEMA');
  expect(calls.map(({ action }) => action)).toEqual([
    'show-health',
    'run-audit',
    'repair-findings',
    'run-audit',
  ]);
});

test('--repair that is answered no changes nothing', async () => {
  const answers = answersOf(healthy(), report(opened));
  const options = { answers, isTerminal: true };
  const { calls } = await runAgainst(options, 'doctor --repair', ['n']);

  expect(calls.map(({ action }) => action)).toEqual(['show-health', 'run-audit']);
});

test('--repair where nobody can be asked wants --yes', async () => {
  const answers = answersOf(healthy(), report(opened));
  const { exitCode, stderr } = await runAgainst({ answers }, 'doctor --repair SCHEMA_GRANT');

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(stderr).toContain('tenantry doctor --repair SCHEMA_GRANT --yes');
});

test('--repair with codes passes on these alone', async () => {
  const answers = answersOf(healthy(), report(opened), report());
  const { calls } = await runAgainst({ answers }, 'doctor --repair SCHEMA_GRANT --yes');

  expect(calls.find(({ action }) => action === 'repair-findings')?.input).toEqual({
    codes: ['SCHEMA_GRANT'],
    actor: 'operator@example.com',
  });
});

test('a code that there is not is refused before anything is asked, with the nearest one', async () => {
  const { exitCode, stderr, calls } = await runAgainst({}, 'doctor --repair SCHEMA_GRANTS');

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('tenantry doctor --repair SCHEMA_GRANT\n');
  expect(calls).toEqual([]);
});
