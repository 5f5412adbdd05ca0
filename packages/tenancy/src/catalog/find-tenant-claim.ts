import type { TenantStatus } from '../tenant.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** Who holds a slug, if anybody, and how often it was given out before. */
export interface TenantClaim {
  /** Null when no tenant has the slug now. */
  readonly status: TenantStatus | null;
  /** Name of the execution that holds the tenant or held it last. */
  readonly execution: string | null;
  /** Since when the tenant has its status, ISO 8601. */
  readonly since: string | null;
  /** How often the present tenant's creation was begun; 0 without one. */
  readonly attempt: number;
  /** Number of tenants, deleted ones too, that had the slug before the present or next one. */
  readonly generation: number;
}

/** What the catalog knows about a slug, in one query. */
export async function findTenantClaim(db: CatalogDb, slug: string): Promise<TenantClaim> {
  const rows = await db
    .selectFrom('tenants')
    .select(['status', 'execution', 'status_since', 'attempt'])
    .where('slug', '=', slug)
    .execute();
  const live = rows.find((row) => row.status !== 'deleted');
  return {
    status: live?.status ?? null,
    execution: live?.execution ?? null,
    since: live?.status_since.toISOString() ?? null,
    attempt: live?.attempt ?? 0,
    generation: rows.filter((row) => row.status === 'deleted').length,
  };
}
