import type { RunItemView, RunView } from '@tenantry/tenancy';

/** A run of three tenants that succeeded, with whatever a test cares about. */
export function runView(differences: Partial<RunView> = {}): RunView {
  return {
    id: 'run1',
    status: 'succeeded',
    reason: 'operator',
    actor: 'operator@example.com',
    hash: 'abc',
    change: { kind: 'up' },
    pace: {},
    retryOf: null,
    total: 3,
    migrated: 3,
    failed: 0,
    skipped: 0,
    working: 0,
    waves: [
      { wave: 0, total: 1, migrated: 1, failed: 0, tenants: ['acme'], seconds: 0.4 },
      { wave: 1, total: 2, migrated: 2, failed: 0, seconds: 1.2 },
    ],
    leftOut: [],
    startAt: null,
    startedAt: '2026-11-21T08:11:00.000Z',
    endedAt: '2026-11-21T08:12:00.000Z',
    failures: [],
    ...differences,
  };
}

/** A tenant's part of a run that went well, with whatever a test cares about. */
export function runItem(differences: Partial<RunItemView> = {}): RunItemView {
  const slug = differences.slug ?? 'acme';
  return {
    slug,
    tenantId: `0123456789${slug}`,
    wave: 0,
    status: 'migrated',
    from: 'polls/0001_initial',
    to: 'polls/0002_votes',
    applied: ['polls/0002_votes'],
    attempt: 1,
    startedAt: '2026-11-21T08:11:00.000Z',
    endedAt: '2026-11-21T08:11:01.000Z',
    milliseconds: 812,
    failure: null,
    ...differences,
  };
}

/** Why `wonka` failed. */
export const wonkaFailure = {
  slug: 'wonka',
  migration: 'polls/0002_votes',
  statement: 3,
  line: 12,
  sql: 'alter table invoice alter column due_on set not null',
  sqlstate: '23502',
  message: 'column "due_on" contains null values',
  detail: null,
  hint: null,
} as const;
