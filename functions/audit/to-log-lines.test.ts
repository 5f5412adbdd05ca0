import { findingCodes, type AuditFinding, type AuditReport } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { toLogLines } from './to-log-lines.ts';

function finding(code: AuditFinding['code']): AuditFinding {
  return {
    code,
    ...findingCodes[code],
    cluster: 'main',
    database: 'tenantry',
    tenantId: null,
    slug: null,
    object: 'schema public',
    what: 'PUBLIC has USAGE',
    repair: null,
  };
}

const report: AuditReport = {
  startedAt: '2026-11-21T02:30:00.000Z',
  endedAt: '2026-11-21T02:30:04.000Z',
  actor: 'schedule',
  databases: 3,
  tenants: 40,
  findings: [finding('SCHEMA_GRANT'), finding('ORPHAN_ROLE')],
  more: 5,
};

test('each finding is a line, and the last line is a metric that counts all and the critical ones', () => {
  const lines = toLogLines(report, 'prod').map(
    (line) => JSON.parse(line) as Record<string, unknown>,
  );

  expect(lines.slice(0, 2)).toMatchObject([{ code: 'SCHEMA_GRANT' }, { code: 'ORPHAN_ROLE' }]);
  expect(lines[2]).toEqual({
    _aws: {
      Timestamp: Date.parse(report.endedAt),
      CloudWatchMetrics: [
        {
          Namespace: 'Tenantry',
          Dimensions: [['service', 'stage']],
          Metrics: [
            { Name: 'Findings', Unit: 'Count' },
            { Name: 'CriticalFindings', Unit: 'Count' },
          ],
        },
      ],
    },
    service: 'audit',
    stage: 'prod',
    Findings: 7,
    CriticalFindings: 1,
    databases: 3,
    tenants: 40,
  });
});

test('a night without findings counts nought, so that an alarm sees that it was looked', () => {
  const [only, ...more] = toLogLines({ ...report, findings: [], more: 0 }, 'prod');

  expect(more).toEqual([]);
  expect(JSON.parse(only ?? '')).toMatchObject({ Findings: 0, CriticalFindings: 0 });
});
