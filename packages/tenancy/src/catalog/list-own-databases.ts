import { parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** The databases on a cluster that only one tenant has each, of tenants that are ready to be worked on; none that a customer brought. */
export async function listOwnDatabases(
  db: CatalogDb,
  clusterId: string,
): Promise<{ readonly id: TenantId; readonly database: string }[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'database'])
    .where('cluster_id', '=', clusterId)
    .where('database', 'is not', null)
    .where('status', 'in', ['active', 'suspended'])
    .where('id', 'not in', db.selectFrom('customer_databases').select('tenant_id'))
    .orderBy('id')
    .execute();
  return rows.flatMap(({ id, database }) =>
    database === null ? [] : [{ id: parseTenantId(id), database }],
  );
}
