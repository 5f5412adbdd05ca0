import { sql } from 'kysely';
import { DomainTakenError, TenantBusyError, TenantExistsError } from '../errors.ts';
import type { CreateTenantRequest } from '../lifecycle.ts';
import { newTenantId, parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { writeAudit } from './write-audit.ts';

/** Who makes a tenant, and where. */
interface Claim {
  /** Null for a tenant that is only recorded. */
  readonly execution: string | null;
  readonly clusterId: string;
}

/**
 * Claims slug and domain for one execution of `create-tenant` and answers the tenant's id; nothing else about the tenant exists
 * before. Run again by the same execution it answers the same id. A `failed` tenant of that slug, and one that was only recorded, is
 * taken over with its id.
 *
 * Throws `TenantExistsError`, `TenantBusyError` (another execution is at it) or `DomainTakenError`, and then changes nothing.
 */
export async function reserveTenant(
  db: CatalogDb,
  request: CreateTenantRequest,
  claim: { readonly execution: string; readonly clusterId: string },
): Promise<TenantId> {
  return await db.transaction().execute(async (trx) => {
    const isNew = await insertTenant(trx, request, claim);
    const row = await trx
      .selectFrom('tenants')
      .select(['id', 'status', 'status_since', 'execution'])
      .where('slug', '=', request.slug)
      .where('status', '<>', 'deleted')
      .forUpdate()
      .executeTakeFirstOrThrow();
    const isMine = row.execution === claim.execution && row.status !== 'failed';
    if (!isMine) {
      if (row.status === 'provisioning' && row.execution !== null) {
        throw new TenantBusyError(request.slug, row.status, row.execution);
      }
      if (row.status !== 'failed' && row.status !== 'provisioning') {
        throw new TenantExistsError(request.slug, row.status, row.status_since.toISOString());
      }
      await takeOver(trx, row.id, { request, execution: claim.execution });
    }
    await claimDomain(trx, row.id, request.domain);
    if (isNew || !isMine) {
      await writeAudit(trx, {
        actor: request.actor,
        action: 'create-tenant',
        tenantId: row.id,
        outcome: 'started',
        details: { slug: request.slug },
      });
    }
    return parseTenantId(row.id);
  });
}

/**
 * Enters a tenant and claims its slug and domain, and makes nothing else: it stays `provisioning` until `create-tenant` takes it over.
 * Throws `TenantExistsError` or `DomainTakenError`, and then changes nothing.
 */
export async function recordTenant(
  db: CatalogDb,
  request: CreateTenantRequest,
  clusterId: string,
): Promise<TenantId> {
  return await db.transaction().execute(async (trx) => {
    const isNew = await insertTenant(trx, request, { execution: null, clusterId });
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
    return parseTenantId(row.id);
  });
}

async function insertTenant(
  db: CatalogDb,
  request: CreateTenantRequest,
  claim: Claim,
): Promise<boolean> {
  const result = await db
    .insertInto('tenants')
    .values({
      id: newTenantId(),
      slug: request.slug,
      name: request.name,
      isolation: request.isolation,
      status: 'provisioning',
      cluster_id: claim.clusterId,
      fields: jsonb(request.fields),
      execution: claim.execution,
      created_by: request.actor,
    })
    .onConflict((oc) => oc.column('slug').where('status', '<>', sql.lit('deleted')).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
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
