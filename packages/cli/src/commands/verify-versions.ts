import type { MigrationActions, TargetSelector, VersionCorrection } from '@tenantry/tenancy';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';

/** What became of the catalog. */
export type VerifiedVersions = MigrationActions['verify-versions']['result'];

const shown = 20;

/** Sets right what the catalog knows of the selected tenants' migrations, and says of whom, and of whom nothing is known now. */
export async function verifyVersions(
  selector: TargetSelector,
  { platform, session }: { readonly platform: Platform; readonly session: Session },
): Promise<VerifiedVersions> {
  const { actor } = session.context;
  const verified = await platform.call('verify-versions', { selector, actor });
  sayCorrected(verified.corrected, session);
  for (const { slug, reason } of verified.unread.slice(0, shown))
    session.say(`ledger not read: ${slug} (${reason})`);
  const left = countLeft(verified.corrected) + countLeft(verified.unread) + verified.more;
  if (left > 0) session.say(`and ${left} more`);
  return verified;
}

/** Says of whom the catalog knew something else than their ledgers, a line each, the first twenty. */
export function sayCorrected(corrected: readonly VersionCorrection[], session: Session): void {
  for (const { slug, pool, from, to, pending } of corrected.slice(0, shown)) {
    const who = pool === null ? slug : `${slug} (pool ${pool})`;
    session.say(
      `catalog set right: ${who} was ${from ?? 'nothing'}, is ${to ?? 'nothing'}, ${pending} pending`,
    );
  }
}

function countLeft(list: readonly unknown[]): number {
  return Math.max(0, list.length - shown);
}
