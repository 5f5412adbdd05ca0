import type { TenantView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { tenantHead, toTenantCells, toTenantJson, toTenantRow } from '../output/format-tenant.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import { parseWhere } from '../selector-flags.ts';
import type { Session } from '../session.ts';

/** What the flags of `tenant list` say. */
export interface ListTenantsOptions {
  /** `key=value`; all must hold. */
  readonly where?: readonly string[] | undefined;
}

/** Shows all tenants, or those that match: `tenantry tenant list`. */
export async function listTenants(
  options: ListTenantsOptions,
  session: Session,
): Promise<ExitCode> {
  const where = Object.entries(parseWhere(options.where ?? []));
  return session.withPlatform(async (platform) => {
    const { tenants: all } = await platform.call('list-tenants', {});
    const tenants = all.filter((tenant) =>
      where.every(([key, value]) => factOf(tenant, key) === value),
    );
    const count = countOf(all.length, 'tenant');
    const matching = where.length === 0 ? '' : `, ${tenants.length} match`;
    printList(
      {
        name: 'tenants',
        items: tenants,
        head: tenantHead,
        row: session.format === 'csv' ? toTenantCells : toTenantRow,
        json: toTenantJson,
        title: `${platform.stage} · ${platform.region} · ${count}${matching}`,
        empty:
          all.length === 0 ? 'tenantry tenant create SLUG --name NAME --yes' : 'Nobody matches.',
      },
      session,
    );
    return exitCodes.ok;
  });
}

function factOf(tenant: TenantView, key: string): string | undefined {
  const { status, isolation, pool, cluster, version, fields } = tenant;
  const own = { status, isolation, pool, cluster, version };
  const facts: Readonly<Record<string, unknown>> = { ...fields, ...own };
  return Object.hasOwn(facts, key) ? String(facts[key]) : undefined;
}
