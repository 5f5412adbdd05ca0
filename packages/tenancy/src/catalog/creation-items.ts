import { sql } from 'kysely';
import type { CreateTenantRequest, FurtherCluster, TenantFailure } from '../lifecycle.ts';
import { parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { homeClusterId } from './clusters.ts';
import { jsonb } from './jsonb.ts';

/** Which worker of which creation; its name tells it from one that took its place after its lease had ended. */
export interface CreationWorker {
  readonly creation: string;
  readonly name: string;
  readonly leaseSeconds: number;
}

/** A tenant that a worker holds. */
export interface HeldTenant {
  readonly tenantId: TenantId;
  readonly request: CreateTenantRequest;
  /** Where it has its place; null for the home cluster. */
  readonly cluster: FurtherCluster | null;
  /** `created` for one that was done when its worker died, `lost` for one that somebody else has taken since. */
  readonly state: 'open' | 'created' | 'lost';
}

/** What a worker gives back, and whether it wants more. */
export interface TakeOptions {
  /** A tenant that was created. @default - none */
  readonly created?: TenantId | undefined;
  /** @default true */
  readonly more?: boolean;
}

/**
 * Gives back a tenant that was created, if any, and takes the next one, in one round trip; undefined when nothing is left to take. A
 * tenant whose lease has ended is taken like a new one.
 */
export async function takeTenant(
  db: CatalogDb,
  worker: CreationWorker,
  { created, more = true }: TakeOptions = {},
): Promise<HeldTenant | undefined> {
  const result = await sql<{
    tenant_id: string;
    request: CreateTenantRequest;
    cluster: FurtherCluster | null;
    state: HeldTenant['state'];
  }>`
    with done as (
      update catalog.creation_items set status = 'created', ended_at = now(), failure = null
      where creation_id = ${worker.creation} and tenant_id = ${created ?? null} and worker = ${worker.name}
    ), next as (
      select tenant_id from catalog.creation_items
      where creation_id = ${worker.creation}
        and (status = 'pending' or (status = 'working' and lease_until < now()))
        and tenant_id is distinct from ${created ?? null}
      order by line limit ${sql.lit(more ? 1 : 0)} for update skip locked
    ), taken as (
      update catalog.creation_items i set status = 'working', worker = ${worker.name}, lease_until = ${leaseEnd(worker)}
      from next where i.creation_id = ${worker.creation} and i.tenant_id = next.tenant_id
      returning i.tenant_id, i.request
    ), reopened as (
      update catalog.tenants t set status = 'provisioning', status_since = now(), failure = null
      from taken where t.id = taken.tenant_id and t.execution = ${worker.creation} and t.status = 'failed'
    )
    select taken.tenant_id, taken.request, ${furtherCluster} as cluster, case
      when t.execution is distinct from ${worker.creation} then 'lost'
      when t.status = 'active' then 'created'
      when t.status in ('provisioning', 'failed') then 'open' else 'lost' end as state
    from taken join catalog.tenants t on t.id = taken.tenant_id
    join catalog.clusters c on c.id = t.cluster_id`.execute(db);
  const row = result.rows[0];
  if (row === undefined) return undefined;
  const { request, cluster, state } = row;
  return { tenantId: parseTenantId(row.tenant_id), request, cluster, state };
}

const furtherCluster = sql`case when c.id <> ${sql.lit(homeClusterId)} then jsonb_build_object('id', c.id,
  'clusterArn', c.resource_arn, 'database', c.database, 'provisionerSecretArn', c.provisioner_secret_arn,
  'migratorSecretArn', c.migrator_secret_arn) end`;

/** Prolongs the leases of a worker's tenants and answers which of them it still holds. */
export async function renewLeases(
  db: CatalogDb,
  worker: CreationWorker,
): Promise<ReadonlySet<string>> {
  const result = await sql<{ tenant_id: string }>`
    update catalog.creation_items set lease_until = ${leaseEnd(worker)}
    where creation_id = ${worker.creation} and worker = ${worker.name} and status = 'working'
    returning tenant_id`.execute(db);
  return new Set(result.rows.map((row) => row.tenant_id));
}

/** Records why a tenant could not be created, in the creation and, if the creation still has it, at the tenant. */
export async function recordCreationFailure(
  db: CatalogDb,
  worker: CreationWorker,
  failed: { readonly tenantId: TenantId; readonly failure: TenantFailure },
): Promise<void> {
  const { tenantId, failure } = failed;
  const { step, error, sqlstate } = failure;
  await sql`
    with item as (
      update catalog.creation_items set status = 'failed', ended_at = now(), failure = ${jsonb(failure)}
      where creation_id = ${worker.creation} and tenant_id = ${tenantId} and worker = ${worker.name}
        and status = 'working'
      returning tenant_id
    ), tenant as (
      update catalog.tenants t set status = 'failed', status_since = now(), failure = ${jsonb(failure)}
      from item where t.id = item.tenant_id and t.execution = ${worker.creation} and t.status = 'provisioning'
      returning t.id
    )
    insert into catalog.audit (actor, action, tenant_id, outcome, details)
    select ${worker.creation}, 'create-tenant', id, 'failed', ${jsonb({ step, error, sqlstate })} from tenant`.execute(
    db,
  );
}

function leaseEnd({ leaseSeconds }: CreationWorker) {
  return sql`now() + make_interval(secs => cast(${String(leaseSeconds)} as double precision))`;
}
