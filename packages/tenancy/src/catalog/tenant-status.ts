import { sql } from 'kysely';
import type { MigratedVersion, TenantFailure } from '../lifecycle.ts';
import type { TenantId } from '../tenant-id.ts';
import type { TenantStatus } from '../tenant.ts';
import type { TenantSuspension } from '../tenant-view.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { writeAudit } from './write-audit.ts';

/**
 * Notes up to where tenants are migrated: the last migration's id, and the hash of the set when all of it is there. It holds for all
 * tenants that share tables with one of them, too.
 */
export async function setTenantVersion(
  db: CatalogDb,
  ids: readonly string[],
  to: { readonly version: string | null; readonly hash: string | null },
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('tenants')
    .set({ version: to.version, migrations_hash: to.hash, fingerprint: null, checked_at: null })
    .where((eb) =>
      eb.or([
        eb('id', 'in', ids),
        eb(
          eb.refTuple('cluster_id', 'pool'),
          'in',
          db
            .selectFrom('tenants as mate')
            .select(['mate.cluster_id', 'mate.pool'])
            .where('mate.id', 'in', ids)
            .where('mate.pool', 'is not', null)
            .$asTuple('cluster_id', 'pool'),
        ),
      ]),
    )
    .execute();
}

/** What the catalog learns of a tenant when it becomes active. */
export interface ActivatedTenant {
  readonly actor: string;
  /** The secret that opens the tenant's database; null for one without tables. */
  readonly secretArn: string | null;
  /** What was applied to the tenant's schema, or to the tables it shares; null for an empty one. */
  readonly migrated: MigratedVersion | null;
}

/**
 * Makes a provisioned tenant routable, with all that routing needs to know, in one statement; does nothing for a tenant that is active
 * already. A tenant that shares tables is where the others of its pool are: a run may have changed them since it looked. If they had
 * nothing before it came, they have now what it has.
 */
export async function activateTenant(
  db: CatalogDb,
  id: TenantId,
  { actor, secretArn, migrated }: ActivatedTenant,
): Promise<void> {
  const { version = null, hash = null } = migrated ?? {};
  await sql`
    with mates as (
      select m.id, m.version, m.migrations_hash as hash from catalog.tenants t
      join catalog.tenants m on m.cluster_id = t.cluster_id and m.pool = t.pool and m.id <> t.id
      where t.id = ${id} and m.status in ('active', 'suspended')
    ), place as (
      select case when mate.id is null then ${version} else mate.version end as version,
        case when mate.id is null then ${hash} else mate.hash end as hash
      from (select) as one left join lateral (select * from mates where version is not null limit 1) mate on true
    ), activated as (
      update catalog.tenants t set status = 'active', status_since = now(), failure = null, secret_arn = ${secretArn},
        version = place.version, migrations_hash = place.hash, fingerprint = null, checked_at = null
      from place where t.id = ${id} and t.status = 'provisioning' returning t.id
    ), followed as (
      update catalog.tenants t set version = ${version}, migrations_hash = ${hash}
      from mates, activated where t.id = mates.id and mates.version is null
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
 * Notes that an execution gave up: a tenant it was creating becomes `failed`, one it was deleting stays `deleting`, one it was suspending or
 * resuming stays `suspended`; all keep step and error. A tenant that another execution holds, or that it is done with, is left alone.
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
      status_since: sql<Date>`case when status = 'suspended' then status_since else now() end`,
      failure: jsonb(failure),
    })
    .where('execution', '=', execution)
    .where((eb) =>
      eb.or([
        eb('status', 'in', ['provisioning', 'deleting']),
        eb.and([
          eb('status', '=', 'suspended'),
          eb(sql`suspension ->> 'phase'`, 'in', ['closing', 'opening']),
        ]),
      ]),
    )
    .returning(['id', 'status', 'suspension'])
    .executeTakeFirst();
  if (row === undefined) return;
  await writeAudit(db, {
    actor: execution,
    action: actionAt(row.status, row.suspension?.phase),
    tenantId: row.id,
    outcome: 'failed',
    details: { step: failure.step, error: failure.error, sqlstate: failure.sqlstate },
  });
}

function actionAt(status: TenantStatus, phase: TenantSuspension['phase'] | undefined): string {
  if (status === 'suspended') return phase === 'opening' ? 'resume-tenant' : 'suspend-tenant';
  return status === 'failed' ? 'create-tenant' : 'delete-tenant';
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
      suspension: null,
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
