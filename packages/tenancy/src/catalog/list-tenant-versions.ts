import type { TenantVersionView } from '../tenant-view.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { assertNamesExist } from './resolve-targets.ts';
import { isNamed, type TargetSet } from './select-targets.ts';

/** Where tenants stand in the migrations, by slug; without names, where all stand. Throws `TenantNotFoundError`. */
export async function listTenantVersions(
  db: CatalogDb,
  set: TargetSet,
  names?: readonly string[],
): Promise<TenantVersionView[]> {
  if (names !== undefined) await assertNamesExist(db, { tenants: names });
  const rows = await db
    .selectFrom('tenants')
    .select(['slug', 'status', 'isolation', 'pool', 'version', 'migrations_hash'])
    .where('tenants.status', '<>', 'deleted')
    .$if(names !== undefined, (qb) => qb.where((eb) => isNamed(eb, names ?? [])))
    .orderBy('slug')
    .execute();
  return rows.map(({ migrations_hash: hash, ...row }) => ({
    ...row,
    isCurrent: hash === set.hash || row.isolation === 'cache',
  }));
}
