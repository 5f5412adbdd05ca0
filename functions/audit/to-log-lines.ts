import type { AuditReport } from '@tenantry/tenancy';

/**
 * Lines for the function's log: one for each finding, and one in embedded metric format that CloudWatch makes the metrics `Findings`
 * and `CriticalFindings` of, for this deployment.
 */
export function toLogLines(report: AuditReport, stage: string): string[] {
  const { findings, more, databases, tenants } = report;
  const critical = findings.filter(({ severity }) => severity === 'critical').length;
  const metrics = [
    { Name: 'Findings', Unit: 'Count' },
    { Name: 'CriticalFindings', Unit: 'Count' },
  ];
  const summary = {
    _aws: {
      Timestamp: Date.parse(report.endedAt),
      CloudWatchMetrics: [
        { Namespace: 'Tenantry', Dimensions: [['service', 'stage']], Metrics: metrics },
      ],
    },
    service: 'audit',
    stage,
    Findings: findings.length + more,
    CriticalFindings: critical,
    databases,
    tenants,
  };
  return [...findings.map((finding) => ({ level: 'WARN', ...finding })), summary].map((line) =>
    JSON.stringify(line),
  );
}
