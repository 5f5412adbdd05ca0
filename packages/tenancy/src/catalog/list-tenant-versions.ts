import type { TenantVersionView } from '../control.ts';
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
    .select(['slug', 'status', 'version', 'migrations_hash'])
    .where('tenants.status', '<>', 'deleted')
    .$if(names !== undefined, (qb) => qb.where((eb) => isNamed(eb, names ?? [])))
    .orderBy('slug')
    .execute();
  return rows.map(({ slug, status, version, migrations_hash: hash }) => ({
    slug,
    status,
    version,
    isCurrent: hash === set.hash,
  }));
}
