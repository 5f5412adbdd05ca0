import { planTenant } from '@tenantry/migrations';
import type { MigrationActions } from '@tenantry/tenancy';
import { openTenant } from './open-tenant.ts';

type Action = MigrationActions['plan-tenant'];

/** Exactly what a change would run for one tenant. */
export async function planTenantChange({
  reference,
  change,
}: Action['input']): Promise<Action['result']> {
  const { tenant, target, scope, pool, migrator } = await openTenant(reference);
  const plan = await planTenant(migrator, target, { compiled: scope, change });
  return { plan: { slug: tenant.slug, pool, ...plan } };
}
