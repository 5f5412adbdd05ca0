import { parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** A tenant that has an application of its own, or is just getting one. */
export interface DedicatedTenant {
  readonly id: TenantId;
  readonly slug: string;
}

/** All dedicated tenants that are in use or being made, by slug. */
export async function listDedicatedTenants(db: CatalogDb): Promise<DedicatedTenant[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'slug'])
    .where('isolation', '=', 'dedicated')
    .where('status', 'in', ['provisioning', 'active', 'suspended'])
    .orderBy('slug')
    .execute();
  return rows.map(({ id, slug }) => ({ id: parseTenantId(id), slug }));
}
