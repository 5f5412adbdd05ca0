import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTenant, toTenantJson } from '../output/format-tenant.ts';
import { paintFor } from '../output/paint.ts';
import type { Session } from '../session.ts';
import { getTenant } from './get-tenant.ts';

/** Shows one tenant: `tenantry tenant show`. */
export async function showTenant(reference: string, session: Session): Promise<ExitCode> {
  const { stdout, env } = session.context;
  return session.withPlatform(async (platform) => {
    const tenant = await getTenant(reference, platform, (slug) => `tenantry tenant show ${slug}`);
    if (session.isMachine) session.printJson({ tenant: toTenantJson(tenant) });
    else session.print(formatTenant(tenant, paintFor(stdout, env)));
    return exitCodes.ok;
  });
}
