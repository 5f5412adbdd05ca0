import { sql } from 'kysely';
import { DomainTakenError, TenantBusyError, TenantExistsError } from '../errors.ts';
import type { CreateTenantRequest } from '../lifecycle.ts';
import { newTenantId, parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { homeClusterId } from './clusters.ts';
import { recordCustomerDatabase } from './customer-databases.ts';
import { jsonb } from './jsonb.ts';
import { placeTenants } from './place-tenants.ts';
import { writeAudit } from './write-audit.ts';

/**
 * Claims slug, domain and a place on a cluster for one execution of `create-tenant` and answers the tenant's id; nothing else about the
 * tenant exists before. Run again by the same execution it answers the same id. A `failed` tenant of that slug, and one that was only
 * recorded, is taken over with its id, and keeps its place unless another one is asked for.
 *
 * Throws `TenantExistsError`, `TenantBusyError` (another execution is at it), `DomainTakenError`, `ClusterNotFoundError` or
 * `ClusterFullError`, and then changes nothing.
 */
export async function reserveTenant(
  db: CatalogDb,
  request: CreateTenantRequest,
  execution: string,
): Promise<TenantId> {
  return await db.transaction().execute(async (trx) => {
    const isNew = await insertTenant(trx, request, execution);
    const row = await trx
      .selectFrom('tenants')
      .select(['id', 'status', 'status_since', 'execution', 'cluster_id', 'pool'])
      .where('slug', '=', request.slug)
      .where('status', '<>', 'deleted')
      .forUpdate()
      .executeTakeFirstOrThrow();
    const isMine = row.execution === execution && row.status !== 'failed';
    if (!isMine) {
      if (row.status === 'provisioning' && row.execution !== null) {
        throw new TenantBusyError(request.slug, row.status, row.execution);
      }
      if (row.status !== 'failed' && row.status !== 'provisioning') {
        throw new TenantExistsError(request.slug, row.status, row.status_since.toISOString());
      }
      await takeOver(trx, row.id, { request, execution });
    }
    await claimDomain(trx, row.id, request.domain);
    await recordCustomerDatabase(trx, parseTenantId(row.id), request.database);
    if (isNew || !isMine) {
      await writeAudit(trx, {
        actor: request.actor,
        action: 'create-tenant',
        tenantId: row.id,
        outcome: 'started',
        details: { slug: request.slug },
      });
      const isElsewhere = row.cluster_id === row.id || row.pool !== (request.pool ?? null);
      const held = isNew || isElsewhere ? undefined : row.cluster_id;
      await placeTenant(trx, row.id, { cluster: held, ...request });
    }
    return parseTenantId(row.id);
  });
}

/**
 * Enters a tenant, claims its slug, domain and place, and makes nothing else: it stays `provisioning` until `create-tenant` takes it
 * over. Throws `TenantExistsError`, `DomainTakenError`, `ClusterNotFoundError` or `ClusterFullError`, and then changes nothing.
 */
export async function recordTenant(db: CatalogDb, request: CreateTenantRequest): Promise<TenantId> {
  return await db.transaction().execute(async (trx) => {
    const isNew = await insertTenant(trx, request, null);
    const row = await trx
      .selectFrom('tenants')
      .select(['id', 'status', 'status_since'])
      .where('slug', '=', request.slug)
      .where('status', '<>', 'deleted')
      .executeTakeFirstOrThrow();
    if (!isNew) {
      throw new TenantExistsError(request.slug, row.status, row.status_since.toISOString());
    }
    await claimDomain(trx, row.id, request.domain);
    const { actor, slug } = request;
    const entry = { actor, action: 'record-tenant', tenantId: row.id, details: { slug } };
    await writeAudit(trx, { ...entry, outcome: 'done' });
    await placeTenant(trx, row.id, request);
    return parseTenantId(row.id);
  });
}

async function insertTenant(
  db: CatalogDb,
  request: CreateTenantRequest,
  execution: string | null,
): Promise<boolean> {
  const result = await db
    .insertInto('tenants')
    .values({
      id: newTenantId(),
      slug: request.slug,
      name: request.name,
      isolation: request.isolation,
      pool: request.pool ?? null,
      status: 'provisioning',
      cluster_id: homeClusterId,
      fields: jsonb(request.fields),
      execution,
      created_by: request.actor,
    })
    .onConflict((oc) => oc.column('slug').where('status', '<>', sql.lit('deleted')).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The last thing that a transaction does: others who want a place wait for its end. */
async function placeTenant(
  trx: CatalogDb,
  id: string,
  wanted: Pick<CreateTenantRequest, 'isolation' | 'pool' | 'database'> & {
    readonly cluster?: string | undefined;
  },
): Promise<void> {
  const { isolation, pool, cluster, database } = wanted;
  // In a database of the customer's own it takes no place of ours.
  if (database !== undefined) return;
  const tenant = { id, isolation, ...(pool && { pool }), ...(cluster && { cluster }) };
  const [refused] = await placeTenants(trx, [tenant]);
  if (refused !== undefined) throw refused.error;
}

async function takeOver(
  db: CatalogDb,
  id: string,
  next: { readonly request: CreateTenantRequest; readonly execution: string },
): Promise<void> {
  await db
    .updateTable('tenants')
    .set({
      name: next.request.name,
      isolation: next.request.isolation,
      pool: next.request.pool ?? null,
      ...(hasOwnPlace(next.request) && { cluster_id: homeClusterId }),
      fields: jsonb(next.request.fields),
      status: 'provisioning',
      status_since: sql<Date>`now()`,
      execution: next.execution,
      failure: null,
      attempt: sql<number>`attempt + 1`,
    })
    .where('id', '=', id)
    .execute();
  await db
    .deleteFrom('domains')
    .where('tenant_id', '=', id)
    .where('host', '<>', next.request.domain)
    .execute();
}

/** Whether its data is to be on no cluster that takes tenants. */
function hasOwnPlace({ database, isolation }: CreateTenantRequest): boolean {
  return database !== undefined || isolation === 'dedicated';
}

async function claimDomain(db: CatalogDb, tenantId: string, host: string): Promise<void> {
  await db
    .insertInto('domains')
    .values({ host, tenant_id: tenantId, is_primary: true })
    .onConflict((oc) => oc.column('host').doNothing())
    .execute();
  const owner = await db
    .selectFrom('domains')
    .select('tenant_id')
    .where('host', '=', host)
    .executeTakeFirstOrThrow();
  if (owner.tenant_id !== tenantId) throw new DomainTakenError(host);
}
