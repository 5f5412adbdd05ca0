import type { ControlActions, TenantVersionView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatCsv, formatTable } from '../output/format-table.ts';
import type { Session } from '../session.ts';
import { withSuggestion } from './get-tenant.ts';

/** What the flags of `migrate status` say. */
export interface MigrateStatusOptions {
  /** End with 3 when a tenant is behind. */
  readonly exitCode?: true | undefined;
}

type Status = ControlActions['migrate-status']['result'];

const head = ['slug', 'status', 'version', 'is current'];

/** Shows which tenant stands at which migration: `tenantry migrate status`. */
export async function migrateStatus(
  references: readonly string[],
  options: MigrateStatusOptions,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const status = await withSuggestion({ references, retry: retryStatus }, platform, () =>
      platform.call('migrate-status', references.length === 0 ? {} : { references }),
    );
    print(status, `${platform.stage} · ${platform.region}`, session);
    const isBehind = status.tenants.some((tenant) => !tenant.isCurrent);
    return options.exitCode === true && isBehind ? exitCodes.difference : exitCodes.ok;
  });
}

function retryStatus(slug: string): string {
  return `tenantry migrate status ${slug}`;
}

function print({ migrations, tenants }: Status, place: string, session: Session): void {
  if (session.format === 'json') {
    session.printJson({ migrations, tenants });
    return;
  }
  if (session.format === 'csv') {
    session.print(formatCsv(head, tenants.map(toRow)));
    return;
  }
  const behind = tenants.filter((tenant) => !tenant.isCurrent).length;
  session.print(`${place} · ${tenants.length} tenants, ${behind} behind\n`);
  session.print(`migrations  ${migrations.join(', ') || 'none'}\n`);
  session.print(formatTable(head, tenants.map(toRow)));
}

function toRow({ slug, status, version, isCurrent }: TenantVersionView): string[] {
  return [slug, status, version ?? '–', isCurrent ? 'yes' : 'behind'];
}
