import type { CheckFinding, TargetSelector } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import { withSuggestion } from './get-tenant.ts';
import { verifyVersions } from './verify-versions.ts';

const head = ['tenant', 'object', 'difference', 'expected', 'actual'];

/** Compares history and real tables with what the migrations make, and names each difference: `tenantry migrate check`. */
export async function checkTenants(
  selector: TargetSelector,
  { verify }: VerifyFlag,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const named = {
      references: selector.tenants ?? [],
      retry: (slug: string) => `tenantry migrate check ${slug}`,
    };
    const { checked, findings, more } = await withSuggestion(named, platform, async () => {
      if (verify === true) await verifyVersions(selector, { platform, session });
      return await platform.call('check-tenants', { selector });
    });
    const all = findings.length + more;
    const count = countOf(all, 'difference');
    printList(
      {
        name: 'findings',
        items: findings,
        head,
        row: toRow,
        facts: { checked, more },
        title: `${platform.stage} · ${platform.region} · ${checked} checked, ${count}`,
        ...(more === 0 ? {} : { footer: `and ${more} more` }),
        empty: 'All are as their migrations make them.',
      },
      session,
    );
    return findings.length === 0 ? exitCodes.ok : exitCodes.difference;
  });
}

function toRow({ slug, object, difference, expected, actual }: CheckFinding): string[] {
  return [slug, object, difference, expected ?? '–', actual ?? '–'];
}
