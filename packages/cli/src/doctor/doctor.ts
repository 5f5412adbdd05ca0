import type { AuditFinding, AuditReport, HealthView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { version } from '../program/create-root.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { formatFindings } from './format-findings.ts';
import { judgeHealth, type HealthCheck } from './judge-health.ts';
import { assertCodes, repairFindings } from './repair-findings.ts';

/** What the flags of `doctor` say. */
export interface DoctorOptions {
  /** Audit the walls now instead of showing the last audit. */
  readonly now?: true | undefined;
  /** Repair findings of these codes; true for all that can be repaired. */
  readonly repair?: true | readonly string[] | undefined;
}

/** Says how the running system does, and sets right what it is told to: `tenantry doctor`. 3 when something is not well. */
export async function doctor(options: DoctorOptions, session: Session): Promise<ExitCode> {
  const codes = typeof options.repair === 'object' ? options.repair : undefined;
  assertCodes(codes);
  return session.withPlatform(async (platform) => {
    const { actor } = session.context;
    const askedAt = Date.now();
    const { health } = await platform.call('show-health', {});
    const answeredAt = Date.now();
    let audit = health.audit;
    if (options.now === true || options.repair !== undefined) {
      session.say(`${platform.stage} · ${platform.region} · looking at all walls`);
      ({ audit } = await platform.call('run-audit', { actor }));
    }
    if (options.repair !== undefined && audit !== null) {
      audit = await repairFindings(audit, { codes, platform, session });
    }
    const seen: HealthView = { ...health, audit };
    const checks = judgeHealth(seen, {
      version,
      askedAt,
      answeredAt: audit === health.audit ? answeredAt : Date.now(),
    });
    print({ checks, audit }, platform, session);
    return checks.every(({ status }) => status === 'ok') ? exitCodes.ok : exitCodes.difference;
  });
}

function print(
  {
    checks,
    audit,
  }: { readonly checks: readonly HealthCheck[]; readonly audit: AuditReport | null },
  platform: Platform,
  session: Session,
): void {
  const findings = audit?.findings ?? [];
  switch (session.format) {
    case 'json':
      return session.printJson({ checks, findings, more: audit?.more ?? 0 });
    case 'ndjson':
      for (const check of checks) session.printJson({ ...check });
      for (const finding of findings) session.printJson({ ...finding });
      return;
    case 'table':
    case 'csv':
      printText({ checks, findings }, platform, session);
      if (audit !== null && audit.more > 0) session.print(`\nand ${audit.more} more findings`);
  }
}

function printText(
  seen: { readonly checks: readonly HealthCheck[]; readonly findings: readonly AuditFinding[] },
  platform: Platform,
  session: Session,
): void {
  session.print(`${platform.stage} · ${platform.region}\n`);
  for (const { name, status, what, next } of seen.checks) {
    const sign = { ok: '✓', warning: '!', failed: '✕' }[status];
    const [first = '', ...others] = what.split('\n');
    session.print(`${sign} ${name.padEnd(11)}${first}`);
    for (const line of others) session.print(`  ${' '.repeat(11)}${line}`);
    for (const command of next) session.print(`  ${' '.repeat(11)}do  ${command}`);
  }
  if (seen.findings.length > 0) session.print(`\n${formatFindings(seen.findings, session.paint)}`);
}
