import { applyToEach } from '@tenantry/migrations';
import type { RunItemResult, TakenTenant } from '@tenantry/tenancy';
import { targetOf } from '../tenant-target.ts';
import { migrateTenant, toResult, type MigrateContext } from './migrate-tenant.ts';
import type { LaneWork } from './tenant-lanes.ts';

/**
 * Changes tenants one after the other: those with a schema of their own in the shared database in one call, each in its own transaction,
 * then those that this left open and all others by themselves.
 */
export function migrateTogether(context: MigrateContext): LaneWork<TakenTenant, RunItemResult> {
  let isInOneCall = context.run.change.kind === 'up';
  return async (tenants, finish) => {
    const plain = isInOneCall ? tenants.filter(isPlain) : [];
    const asked = new Set(plain.length > 1 ? plain : []);
    const done = new Set<TakenTenant>();
    const onDone = (tenant: TakenTenant, result: RunItemResult) => {
      done.add(tenant);
      finish(result);
    };
    if (asked.size > 0) {
      // Whatever ended the call meets each of its tenants again, which then says why. Where a call may not end transactions, none does.
      await applyTo(context, [...asked], onDone).catch(() => (isInOneCall = false));
    }
    for (const tenant of tenants.filter((it) => !done.has(it))) {
      // What the call did to a tenant that it left open is in the tenant's ledger.
      const attempt = tenant.attempt + (asked.has(tenant) ? 1 : 0);
      finish(await migrateTenant(context, { ...tenant, attempt }));
    }
  };
}

/** Nobody worked on it before in this run, and its tables are its own and where all others are. */
function isPlain({ attempt, pool, ownDatabase }: TakenTenant): boolean {
  return attempt === 1 && pool === null && ownDatabase === null;
}

async function applyTo(
  context: MigrateContext,
  tenants: readonly TakenTenant[],
  onDone: (tenant: TakenTenant, result: RunItemResult) => void,
): Promise<void> {
  const { migrator } = await context.openCluster(null);
  const known = tenants.map((tenant) => ({
    target: targetOf(tenant),
    knownVersion: tenant.version,
  }));
  const [first] = known;
  if (first === undefined) return;
  const migrations = context.migrationsFor(first.target);
  const results = await applyToEach(migrator, known, migrations, { runId: context.run.id });
  for (const [index, tenant] of tenants.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const { applied: ids, version, milliseconds } = result;
    onDone(tenant, toResult(context, tenant, { ids, version, milliseconds }));
  }
}
