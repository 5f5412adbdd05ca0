import { findingCodes, type AuditReport, type FindingCode } from '@tenantry/tenancy';
import { ask } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { findSimilar } from '../commands/find-similar.ts';
import { exitCodes } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';

/** Which findings, and with what they are repaired. */
export interface RepairFindingsOptions {
  /** @default - all codes */
  readonly codes: readonly FindingCode[] | undefined;
  readonly platform: Platform;
  readonly session: Session;
}

/**
 * Shows the commands that set an audit's findings right, asks, has them run, and answers what an audit finds after that. What could lose
 * data is never run.
 */
export async function repairFindings(
  audit: AuditReport,
  { codes, platform, session }: RepairFindingsOptions,
): Promise<AuditReport> {
  const wanted = audit.findings.filter(
    ({ code, repair }) =>
      repair?.isAutomatic === true && (codes === undefined || codes.includes(code)),
  );
  if (wanted.length === 0) {
    session.say('There is nothing that can be repaired without you.');
    return audit;
  }
  for (const { code, repair } of wanted) {
    for (const command of repair?.commands ?? []) session.say(`${code.padEnd(26)}${command}`);
  }
  const usage = ['tenantry doctor --repair', ...(codes ?? []), '--yes'].join(' ');
  if (!(await isWanted(wanted.length, session, usage))) return audit;
  const { actor } = session.context;
  const { repaired } = await platform.call('repair-findings', {
    actor,
    ...(codes !== undefined && { codes }),
  });
  for (const { finding, failure } of repaired) {
    const { code, object, what } = finding;
    session.say(`${failure === null ? '✓' : '✕'} ${code}  ${object}: ${what}`);
    if (failure !== null) session.say(`  why      ${failure}`);
  }
  return (await platform.call('run-audit', { actor })).audit;
}

async function isWanted(count: number, session: Session, usage: string): Promise<boolean> {
  if (session.isYes) return true;
  const message = `Run ${countOf(count, 'repair')}?`;
  const question = { kind: 'confirm', name: 'isConfirmed', flag: '--yes', message } as const;
  const answers = await ask([{ ...question, isRequired: true }], session.terminal, usage);
  if (answers['isConfirmed'] !== true) session.say('Nothing was repaired.');
  return answers['isConfirmed'] === true;
}

/** Throws `CliError` USAGE for a word that is no code. */
export function assertCodes(
  codes: readonly string[] | undefined,
): asserts codes is readonly FindingCode[] | undefined {
  const known = Object.keys(findingCodes);
  const wrong = codes?.find((code) => !known.includes(code));
  if (wrong === undefined) return;
  const similar = findSimilar(
    wrong,
    known.map((code) => code.toLowerCase()),
  )?.toUpperCase();
  throw new CliError('USAGE', `There is no finding "${wrong}".`, {
    exitCode: exitCodes.usage,
    next: [similar === undefined ? 'tenantry doctor' : `tenantry doctor --repair ${similar}`],
  });
}
