import type { RunView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import { parseNumber } from '../pace-flags.ts';
import { describeChange } from '../runs/describe-run.ts';
import type { Session } from '../session.ts';

/** What the flags of `runs list` say. */
export interface ListRunsOptions {
  readonly limit?: string | undefined;
}

const head = ['run', 'status', 'what', 'tenants', 'done', 'failed', 'started', 'by'];

/** Shows the newest runs: `tenantry runs list`. */
export async function listRuns(options: ListRunsOptions, session: Session): Promise<ExitCode> {
  const limit =
    options.limit === undefined ? {} : { limit: parseNumber('--limit', options.limit, 1) };
  return session.withPlatform(async (platform) => {
    const { runs } = await platform.call('list-runs', limit);
    printList(
      {
        name: 'runs',
        items: runs,
        head,
        row: toRow,
        title: `${platform.stage} · ${platform.region} · ${countOf(runs.length, 'run')}`,
        empty: 'tenantry migrate up --all',
      },
      session,
    );
    return exitCodes.ok;
  });
}

function toRow(run: RunView): string[] {
  const { id, status, change, total, migrated, failed, startedAt, actor } = run;
  const what = describeChange(change);
  return [id, status, what, String(total), String(migrated), String(failed), startedAt, actor];
}
