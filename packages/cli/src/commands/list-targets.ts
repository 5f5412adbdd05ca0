import type { LeftOutTarget, TargetSelector, TargetView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printList } from '../output/print-list.ts';
import type { Session } from '../session.ts';
import { withSuggestion } from './get-tenant.ts';

const head = ['name', 'scope', 'status', 'isolation', 'version', 'domain'];
const shownLeftOut = 20;

/** Shows whom a selector picks, and runs nothing: `tenantry targets`, and `--dry-run` of every fleet command. */
export async function listTargets(selector: TargetSelector, session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const references = selector.tenants ?? [];
    const { targets, total, leftOut } = await withSuggestion(
      { references, retry: (slug) => `tenantry targets ${slug}` },
      platform,
      () => platform.call('list-targets', { selector }),
    );
    const picked = targets.filter(({ scope }) => scope === 'tenant').length;
    const schemas = targets.length - picked;
    const more = schemas === 0 ? '' : ` and ${schemas} static schemas`;
    printList(
      {
        name: 'targets',
        items: targets,
        head,
        row: toRow,
        facts: { total, leftOut },
        title: `${platform.stage} · ${platform.region} · ${picked} of ${total} tenants${more}`,
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
