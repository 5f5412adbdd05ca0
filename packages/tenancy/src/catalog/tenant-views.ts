import { sql } from 'kysely';
import { TenantNotFoundError } from '../errors.ts';
import type { TenantView } from '../tenant-view.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** All tenants that are not deleted, by slug. */
export async function listTenants(db: CatalogDb): Promise<TenantView[]> {
  const rows = await selectTenants(db).where('status', '<>', 'deleted').orderBy('slug').execute();
  return rows.map(toView);
}

/** The tenant with this slug or id, or undefined. A deleted tenant is found by its id only. */
export async function findTenant(
  db: CatalogDb,
  reference: string,
): Promise<TenantView | undefined> {
  const row = await selectTenants(db)
    .where((eb) =>
      eb.or([
        eb('id', '=', reference),
        eb.and([eb('slug', '=', reference), eb('status', '<>', 'deleted')]),
      ]),
    )
    .executeTakeFirst();
  return row === undefined ? undefined : toView(row);
}

/** The tenant with this slug or id; throws `TenantNotFoundError`. */
export async function getTenant(db: CatalogDb, reference: string): Promise<TenantView> {
  const tenant = await findTenant(db, reference);
  if (tenant === undefined) throw new TenantNotFoundError(reference);
  return tenant;
}

type TenantRow = Awaited<ReturnType<ReturnType<typeof selectTenants>['execute']>>[number];

function selectTenants(db: CatalogDb) {
  return db
    .selectFrom('tenants')
    .selectAll('tenants')
    .select([
      sql<string[]>`coalesce((select jsonb_agg(d.host order by d.is_primary desc, d.host)
        from catalog.domains d where d.tenant_id = tenants.id), '[]')`.as('hosts'),
      sql<
        TenantView['database']
      >`(select jsonb_build_object('name', b.name, 'server', jsonb_build_object('host', b.host,
          'port', b.port, 'tls', b.tls, 'user', b.username, 'secretArn', b.admin_secret_arn))
        from catalog.customer_databases b where b.tenant_id = tenants.id)`.as('brought'),
      sql<
        string | null
      >`(select c.stack from catalog.clusters c where c.tenant_id = tenants.id)`.as('stack'),
    ]);
}

function toView(row: TenantRow): TenantView {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    status: row.status,
    isolation: row.isolation,
    pool: row.pool,
    cluster: row.cluster_id,
    stack: row.stack,
    database: row.brought ?? (row.database === null ? null : { name: row.database, server: null }),
    domains: row.hosts,
    version: row.version,
    fields: row.fields,
    createdAt: row.created_at.toISOString(),
    statusSince: row.status_since.toISOString(),
    failure: row.failure,
    suspension: row.status === 'suspended' ? row.suspension : null,
    execution: row.execution,
  };
}
