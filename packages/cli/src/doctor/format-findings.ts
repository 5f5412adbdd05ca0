import type { AuditFinding } from '@tenantry/tenancy';
import type { Paint } from '../output/paint.ts';

/** Findings one below the other: what and where, why it matters, and the repair with who runs it. */
export function formatFindings(findings: readonly AuditFinding[], paint: Paint): string {
  return findings.map((finding) => formatFinding(finding, paint)).join('\n');
}

function formatFinding(finding: AuditFinding, paint: Paint): string {
  const { code, severity, slug, object, what, why, cluster, database, repair } = finding;
  const mark = severity === 'critical' ? paint('red', '✕') : paint('yellow', '!');
  const place = [cluster, database].filter((part) => part !== null).join(' · ');
  const lines = [
    `${mark} ${paint('bold', code)}  ${object}: ${what}`,
    `  where    ${slug === null ? '' : `tenant ${slug}, `}${place}`,
    `  why      ${why}`,
  ];
  if (repair === null) return lines.join('\n');
  const [first = '', ...others] = repair.commands;
  const by = repair.isAutomatic ? `or tenantry doctor --repair ${code}` : `as ${repair.as}`;
  return [
    ...lines,
    `  do       ${first}`,
    ...others.map((command) => `           ${command}`),
    `           (${by})`,
  ].join('\n');
}
