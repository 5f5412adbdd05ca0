import { sql } from 'kysely';
import type { MigratedVersion, TenantFailure } from '../lifecycle.ts';
import type { TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { writeAudit } from './write-audit.ts';

/** Notes up to where the tenant's schema is migrated: the last migration's id, and the hash of the set when all of it is there. */
export async function setTenantVersion(
  db: CatalogDb,
  ids: readonly string[],
  to: { readonly version: string | null; readonly hash: string | null },
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('tenants')
    .set({ version: to.version, migrations_hash: to.hash, fingerprint: null, checked_at: null })
    .where('id', 'in', ids)
    .execute();
}

/** What the catalog learns of a tenant when it becomes active. */
export interface ActivatedTenant {
  readonly actor: string;
  /** The secret that opens the tenant's database. */
  readonly secretArn: string;
  /** What was applied to the tenant's schema; null for an empty one. */
  readonly migrated: MigratedVersion | null;
}

/**
 * Makes a provisioned tenant routable, with all that routing needs to know, in one statement; does nothing for a tenant that is active
 * already.
 */
export async function activateTenant(
  db: CatalogDb,
  id: TenantId,
  { actor, secretArn, migrated }: ActivatedTenant,
): Promise<void> {
  await sql`
    with activated as (
      update catalog.tenants set status = 'active', status_since = now(), failure = null, secret_arn = ${secretArn},
        version = ${migrated?.version ?? null}, migrations_hash = ${migrated?.hash ?? null},
        fingerprint = null, checked_at = null
      where id = ${id} and status = 'provisioning' returning id
    )
    insert into catalog.audit (actor, action, tenant_id, outcome, details)
    select ${actor}, 'create-tenant', id, 'done', ${jsonb({})} from activated`.execute(db);
}

/**
 * Takes an activation back: a creation that failed after all must not leave a tenant routable whose data is about to be dropped. Only
 * the execution that holds the tenant can.
 */
export async function deactivateTenant(
  db: CatalogDb,
  id: TenantId,
  execution: string,
): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ status: 'provisioning', status_since: sql<Date>`now()` })
    .where('id', '=', id)
    .where('execution', '=', execution)
    .where('status', '=', 'active')
    .execute();
}

/**
 * Notes that an execution gave up: a tenant it was creating becomes `failed`, one it was deleting stays `deleting`; both keep step
 * and error. A tenant that another execution holds is left alone.
 */
export async function markTenantFailed(
  db: CatalogDb,
  execution: string,
  failure: TenantFailure,
): Promise<void> {
  const row = await db
    .updateTable('tenants')
    .set({
      status: sql`case when status = 'provisioning' then 'failed' else status end`,
      status_since: sql<Date>`now()`,
      failure: jsonb(failure),
    })
    .where('execution', '=', execution)
    .where('status', 'in', ['provisioning', 'deleting'])
    .returning(['id', 'status'])
    .executeTakeFirst();
  if (row === undefined) return;
  await writeAudit(db, {
    actor: execution,
    action: row.status === 'failed' ? 'create-tenant' : 'delete-tenant',
    tenantId: row.id,
    outcome: 'failed',
    details: { step: failure.step, error: failure.error, sqlstate: failure.sqlstate },
  });
}

/** Takes the tenant out of routing for good; the execution that does so holds it from now on. */
export async function markTenantDeleting(
  db: CatalogDb,
  id: TenantId,
  by: { readonly execution: string; readonly actor: string },
): Promise<void> {
  const result = await db
    .updateTable('tenants')
    .set({
      status: 'deleting',
      status_since: sql<Date>`now()`,
      execution: by.execution,
      failure: null,
    })
    .where('id', '=', id)
    .where('status', '<>', 'deleted')
    .where((eb) =>
      eb.or([eb('status', '<>', 'deleting'), eb('execution', 'is distinct from', by.execution)]),
    )
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) return;
  await writeAudit(db, {
    actor: by.actor,
    action: 'delete-tenant',
    tenantId: id,
    outcome: 'started',
  });
}

/** Frees the slug and the domains of a tenant whose data is gone. The row stays, so that the id is never given out again. */
export async function finishDeletingTenant(
  db: CatalogDb,
  id: TenantId,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('domains').where('tenant_id', '=', id).execute();
    const result = await trx
      .updateTable('tenants')
      .set({ status: 'deleted', status_since: sql<Date>`now()`, secret_arn: null, failure: null })
      .where('id', '=', id)
      .where('status', '=', 'deleting')
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return;
    await writeAudit(trx, { actor, action: 'delete-tenant', tenantId: id, outcome: 'done' });
  });
}
