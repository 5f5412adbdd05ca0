import type { Host } from '../host.ts';
import { parseIsolation } from '../isolation.ts';
import { parsePoolName } from '../pool.ts';
import { parseTenantId } from '../tenant-id.ts';
import type { TenantRoute } from '../tenant.ts';
import type { TenantSlug } from '../tenant-slug.ts';
import type { Selectable } from 'kysely';
import type { CatalogDb, CatalogSchema } from './catalog-schema.ts';

/** Where requests for `host` go, or undefined when no active or suspended tenant has it. The caller checks the status. */
export async function findRoute(db: CatalogDb, host: Host): Promise<TenantRoute | undefined> {
  const row = await db.selectFrom('routes').selectAll().where('host', '=', host).executeTakeFirst();
  return row === undefined ? undefined : toRoute(row);
}

/** The same for whoever logs in as a dedicated tenant: its own hosts lead to it, and all others nowhere. */
export async function findOwnRoute(db: CatalogDb, host: Host): Promise<TenantRoute | undefined> {
  const row = await db
    .selectFrom('own_routes')
    .selectAll()
    .where('host', '=', host)
    .executeTakeFirst();
  return row === undefined ? undefined : toRoute(row);
}

function toRoute(row: Selectable<CatalogSchema['routes']>): TenantRoute {
  return {
    tenant: {
      id: parseTenantId(row.tenant_id),
      slug: row.slug as TenantSlug,
      name: row.name,
      isolation: parseIsolation(row.isolation),
      status: row.status,
      fields: row.fields,
      primaryHost: row.primary_host as Host,
    },
    clusterArn: row.cluster_arn,
    database: row.server_database ?? row.database,
    ...findServer(row),
    pool: row.pool === null ? null : parsePoolName(row.pool),
    secretArn: row.secret_arn,
  };
}

function findServer(row: Selectable<CatalogSchema['routes']>): Pick<TenantRoute, 'server'> {
  const { server_host: host, server_port: port, server_tls: tls, server_tls_ca: tlsCa } = row;
  if (host === null || port === null || tls === null) return {};
  return { server: { host, port, tls, ...(tlsCa === null ? {} : { tlsCa }) } };
}
