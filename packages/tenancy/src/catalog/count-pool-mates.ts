import type { TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** How many tenants that are ready to be worked on share the tables of this one, itself included; 0 for one with tables of its own. */
export async function countPoolMates(db: CatalogDb, id: TenantId): Promise<number> {
  const row = await db
    .selectFrom('tenants as t')
    .innerJoin('tenants as mate', (join) =>
      join.onRef('mate.cluster_id', '=', 't.cluster_id').onRef('mate.pool', '=', 't.pool'),
    )
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('t.id', '=', id)
    .where('mate.status', 'in', ['active', 'suspended'])
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
