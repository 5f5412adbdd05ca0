import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTenantCsv, formatTenantTable, toTenantJson } from '../output/format-tenant.ts';
import type { Session } from '../session.ts';

/** Shows all tenants: `tenantry tenant list`. */
export async function listTenants(session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const { tenants } = await platform.call('list-tenants', {});
    if (session.format === 'json') {
      session.printJson({ tenants: tenants.map(toTenantJson) });
    } else if (session.format === 'csv') {
      session.print(formatTenantCsv(tenants));
    } else {
      const count = tenants.length === 1 ? '1 tenant' : `${tenants.length} tenants`;
      session.print(`${platform.stage} · ${platform.region} · ${count}\n`);
      session.print(
        tenants.length === 0
          ? 'tenantry tenant create SLUG --name NAME --yes'
          : formatTenantTable(tenants),
      );
    }
    return exitCodes.ok;
  });
}
