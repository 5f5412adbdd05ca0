import { sql } from 'kysely';
import { TenantBusyError } from '../errors.ts';
import type { TenantId } from '../tenant-id.ts';
import type { TenantStatus } from '../tenant.ts';
import type { TenantSuspension, TenantView } from '../tenant-view.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { getTenant } from './tenant-views.ts';
import { writeAudit } from './write-audit.ts';

/** Who claims a tenant, and the execution that is to hold it. */
export interface SuspensionClaim {
  readonly execution: string;
  readonly actor: string;
}

/**
 * Takes an active tenant out of routing and gives it to the execution that will take its rights away. A tenant that is suspended already
 * keeps reason, time and person. Answers false, and changes nothing, when the tenant is not as it was seen any more.
 */
export async function claimSuspension(
  db: CatalogDb,
  seen: TenantView,
  { execution, actor, reason }: SuspensionClaim & { readonly reason: string },
): Promise<boolean> {
  const suspension: TenantSuspension = { reason, actor, ...seen.suspension, phase: 'closing' };
  return await claim(db, seen, { execution, actor, action: 'suspend-tenant', suspension });
}

/**
 * Gives a suspended tenant to the execution that will let it in again; it stays out of routing until then. Answers false, and changes
 * nothing, when the tenant is not as it was seen any more.
 */
export async function claimResumption(
  db: CatalogDb,
  seen: TenantView,
  { execution, actor }: SuspensionClaim,
): Promise<boolean> {
  const suspension: TenantSuspension = { reason: '', actor, ...seen.suspension, phase: 'opening' };
  return await claim(db, seen, { execution, actor, action: 'resume-tenant', suspension });
}

async function claim(
  db: CatalogDb,
  seen: TenantView,
  to: SuspensionClaim & { readonly action: string; readonly suspension: TenantSuspension },
): Promise<boolean> {
  const { execution, actor, action, suspension } = to;
  return await db.transaction().execute(async (trx) => {
    const result = await trx
      .updateTable('tenants')
      .set({
        status: 'suspended',
        status_since: sql<Date>`case when status = 'suspended' then status_since else now() end`,
        suspension: jsonb(suspension),
        execution,
        failure: null,
      })
      .where('id', '=', seen.id)
      .where('status', '=', seen.status as TenantStatus)
      .where('status', 'in', ['active', 'suspended'])
      .where('execution', 'is not distinct from', seen.execution)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return false;
    const { reason } = suspension;
    const entry = { actor, action, tenantId: seen.id, details: { execution, reason } };
    await writeAudit(trx, { ...entry, outcome: 'started' });
    return true;
  });
}

/** A suspended tenant and the secret that opens its tables, null where it has none. */
export interface HeldTenantView {
  readonly tenant: TenantView;
  readonly secretArn: string | null;
}

/** The suspended tenant that an execution holds; throws `TenantBusyError` when it is not suspended any more, or held by another one. */
export async function getSuspendedTenant(
  db: CatalogDb,
  id: TenantId,
  execution: string,
): Promise<HeldTenantView> {
  const tenant = await getTenant(db, id);
  if (tenant.status !== 'suspended' || tenant.execution !== execution) throw toBusy(tenant);
  const { secret_arn: secretArn } = await db
    .selectFrom('tenants')
    .select('secret_arn')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { tenant, secretArn };
}

/** Notes that a suspended tenant has no right and no session left. Throws `TenantBusyError` when another execution holds it. */
export async function finishSuspension(
  db: CatalogDb,
  id: TenantId,
  execution: string,
): Promise<void> {
  const { tenant } = await getSuspendedTenant(db, id, execution);
  if (tenant.suspension?.phase !== 'closing') return;
  await db.transaction().execute(async (trx) => {
    const result = await trx
      .updateTable('tenants')
      .set({ suspension: jsonb({ ...tenant.suspension, phase: 'closed' }), failure: null })
      .where('id', '=', id)
      .where('status', '=', 'suspended')
      .where('execution', '=', execution)
      .where(sql<string>`suspension ->> 'phase'`, '=', 'closing')
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return;
    const entry = { actor: execution, action: 'suspend-tenant', tenantId: id };
    await writeAudit(trx, { ...entry, outcome: 'done' });
  });
}

/** Makes a suspended tenant routable again. Done already it changes nothing; throws `TenantBusyError` when another execution holds it. */
export async function finishResumption(
  db: CatalogDb,
  id: TenantId,
  execution: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const result = await trx
      .updateTable('tenants')
      .set({ status: 'active', status_since: sql<Date>`now()`, suspension: null, failure: null })
      .where('id', '=', id)
      .where('status', '=', 'suspended')
      .where('execution', '=', execution)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n) return await assertResumedBy(trx, id, execution);
    const entry = { actor: execution, action: 'resume-tenant', tenantId: id };
    await writeAudit(trx, { ...entry, outcome: 'done' });
  });
}

async function assertResumedBy(db: CatalogDb, id: TenantId, execution: string): Promise<void> {
  const tenant = await getTenant(db, id);
  if (tenant.status !== 'active' || tenant.execution !== execution) throw toBusy(tenant);
}

function toBusy({ slug, status, execution }: TenantView): TenantBusyError {
  return new TenantBusyError(slug, status, execution ?? 'unknown');
}
