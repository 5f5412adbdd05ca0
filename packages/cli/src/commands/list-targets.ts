import type { LeftOutTarget, TargetSelector, TargetView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printList } from '../output/print-list.ts';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import { findTargets } from './find-targets.ts';

const head = ['name', 'scope', 'status', 'isolation', 'version', 'domain'];
const shownLeftOut = 20;

/** Shows whom a selector picks, and runs nothing: `tenantry targets`, and `--dry-run` of every fleet command. */
export async function listTargets(
  selector: TargetSelector,
  { verify }: VerifyFlag,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const query = { selector, verify, command: 'tenantry targets' };
    const found = await findTargets(query, { platform, session });
    const { targets, total, leftOut, ...more } = found;
    const picked = targets.filter(({ scope }) => scope === 'tenant').length;
    const schemas = targets.length - picked;
    const statics = schemas === 0 ? '' : ` and ${schemas} static schemas`;
    printList(
      {
        name: 'targets',
        items: targets,
        head,
        row: toRow,
        facts: { total, leftOut, ...more },
        title: `${platform.stage} · ${platform.region} · ${picked} of ${total} tenants${statics}`,
        empty: 'Nobody matches.',
        ...(leftOut.length === 0 ? {} : { footer: formatLeftOut(leftOut) }),
      },
      session,
    );
    return exitCodes.ok;
  });
}

/** Who is left out and why, a line each, the first twenty. */
export function formatLeftOut(leftOut: readonly LeftOutTarget[]): string {
  const lines = leftOut
    .slice(0, shownLeftOut)
    .map(({ name, reason, next }) => `left out: ${name} (${reason})${next ? `  do  ${next}` : ''}`);
  const more = leftOut.length - shownLeftOut;
  return [...lines, ...(more > 0 ? [`left out: ${more} more`] : [])].join('\n');
}

function toRow({ name, scope, status, isolation, version, host }: TargetView): string[] {
  return [name, scope, status, isolation, version ?? '–', host ?? '–'];
}
