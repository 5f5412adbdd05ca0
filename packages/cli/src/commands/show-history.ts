import type { TenantHistoryView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describePool } from '../output/describe-pool.ts';
import { formatTable } from '../output/format-table.ts';
import { printList } from '../output/print-list.ts';
import type { Session } from '../session.ts';
import { withSuggestion } from './get-tenant.ts';

type LedgerRow = TenantHistoryView['ledger'][number];
type RunPart = TenantHistoryView['runs'][number];

const ledgerHead = ['migration', 'applied', 'how', 'ms', 'run'];
const runHead = ['status', 'from', 'to', 'ended', 'ms', 'failure'];

/** Shows what was applied to a tenant and when, and the runs it was part of: `tenantry migrate history`. */
export async function showHistory(reference: string, session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const named = {
      references: [reference],
      retry: (slug: string) => `tenantry migrate history ${slug}`,
    };
    const { history } = await withSuggestion(named, platform, () =>
      platform.call('show-history', { reference }),
    );
    const { slug, pool, ledger, runs } = history;
    printList(
      {
        name: 'ledger',
        items: ledger,
        head: ledgerHead,
        row: toLedgerRow,
        facts: { tenant: slug, pool, runs },
        title: `${slug}${describePool(pool)} · ${platform.stage} · ${platform.region}`,
        empty: 'No migration was applied.',
        ...(runs.length === 0 ? {} : { footer: formatTable(runHead, runs.map(toRunRow)) }),
      },
      session,
    );
    return exitCodes.ok;
  });
}

function toLedgerRow({ id, appliedAt, how, milliseconds, run }: LedgerRow): string[] {
  return [id, appliedAt, how, String(milliseconds ?? '–'), run ?? '–'];
}

function toRunRow({ status, from, to, endedAt, milliseconds, failure }: RunPart): string[] {
  return [
    status,
    from ?? '–',
    to ?? '–',
    endedAt ?? '–',
    String(milliseconds ?? '–'),
    failure === null ? '' : `${failure.sqlstate ?? ''} ${failure.message}`.trim(),
  ];
}
