import { provisionPool, provisionPoolTenant } from '@tenantry/database';
import { newTenantId, parsePoolName, type TenantId } from '@tenantry/tenancy';
import { migratePool } from '../../functions/lifecycle/migrate-pool.ts';
import type { TestFleet } from './open-test-fleet.ts';

/** Adds an active tenant that shares the tables of a pool, made where there is none, with the fleet's present migrations or without any. */
export async function addPoolTenant(
  { cluster, fleet }: TestFleet,
  slug: string,
  {
    pool: name = 'main',
    migrate = true,
  }: { readonly pool?: string; readonly migrate?: boolean } = {},
): Promise<TenantId> {
  const [id, pool] = [newTenantId(), parsePoolName(name)];
  await provisionPool(cluster.provisioner, pool);
  await provisionPoolTenant(cluster.provisioner, id, { pool, password: `password-of-${id}` });
  const { migrator } = await fleet.openCluster('main');
  const joining = { id, pool, scope: fleet.compiled.scopes.tenant, migrate };
  const at = await migratePool(migrator, joining);
  await cluster.catalog
    .insertInto('tenants')
    .values({
      id,
      slug,
      name: slug,
      isolation: 'table',
      pool,
      status: 'active',
      created_by: 'test',
      cluster_id: 'main',
      version: at?.version ?? null,
      migrations_hash: at?.hash ?? null,
      fields: JSON.stringify({}),
    })
    .execute();
  return id;
}
