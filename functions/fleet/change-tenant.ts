import {
  applyMigrations,
  readLedger,
  revertMigrations,
  scopeFor,
  selectMigrations,
  selectReverts,
  type CompiledMigration,
  type CompiledScope,
  type LedgerRow,
  type MigrationTarget,
} from '@tenantry/migrations';
import { parsePoolName, type Run, type TakenTenant } from '@tenantry/tenancy';
import { admitNewcomers } from '../pool-newcomers.ts';
import { targetOf } from '../tenant-target.ts';
import type { FleetCluster } from './fleet.ts';

/** What a run's change did to one tenant. */
export interface TenantChange {
  /** Ids applied or taken back, in order. */
  readonly ids: readonly string[];
  readonly version: string | null;
}

/** Opens the database that the tenants of a cluster share, or the one that only one of them has. */
export type OpenCluster = (ownDatabase: string | null) => Promise<FleetCluster>;

/** What it takes to change the tenants of a run on one cluster. */
export interface ChangeContext {
  /** The cluster's shared database, or the one that only one tenant has. */
  readonly openCluster: OpenCluster;
  readonly run: Run;
  readonly scope: CompiledScope;
  /** Those that the run applies to a tenant's own tables, or to those of a pool. */
  readonly migrationsFor: (target: MigrationTarget) => readonly CompiledMigration[];
}

/** What it takes to change the tenants of a run; throws `MigrationNotFoundError` when its change names one that this build lacks. */
export function openChange(
  run: Run,
  openCluster: OpenCluster,
  scope: CompiledScope,
): ChangeContext {
  const { change } = run;
  if (change.kind !== 'up') return { run, openCluster, scope, migrationsFor: () => [] };
  const own = selectMigrations(scope, change);
  // The engine knows a list again, so each is made once for all tenants.
  let shared: readonly CompiledMigration[] | undefined;
  const migrationsFor = (target: MigrationTarget) => {
    if (target.tenants === undefined) return own;
    return (shared ??= selectMigrations(scopeFor(target, scope), change));
  };
  return { run, openCluster, scope, migrationsFor };
}

/**
 * Does to a tenant what its run is for. A second call finds done what the first one did, and so does the first one for another tenant of
 * the same pool.
 */
export async function changeTenant(
  context: ChangeContext,
  tenant: TakenTenant,
): Promise<TenantChange> {
  const { run, migrationsFor } = context;
  const target = targetOf(tenant);
  const { migrator, indexer } = await context.openCluster(tenant.ownDatabase);
  const options = { runId: run.id, ...(indexer && { indexer }) };
  if (run.change.kind === 'up') {
    const migrations = migrationsFor(target);
    const { applied, version } = await applyMigrations(migrator, target, migrations, {
      ...options,
      knownVersion: tenant.version,
    });
    // Those that joined while the pool had no tables; whoever applied them may have died before this.
    const mayBeNew = applied.length > 0 || tenant.version === null || tenant.attempt > 1;
    if (tenant.pool !== null && mayBeNew)
      await admitNewcomers(migrator, parsePoolName(tenant.pool));
    if (tenant.attempt === 1) return { ids: applied, version };
    return { ids: idsOfRun(await readLedger(migrator, target), run.id), version };
  }
  const ledger = await readLedger(migrator, target);
  const version = ledger.at(-1)?.id ?? null;
  const reverts = selectTenantReverts(context, { tenant, ledger });
  if (reverts.length === 0) return { ids: [], version };
  const answer = await revertMigrations(migrator, target, reverts, options);
  return { ids: answer.reverted, version: answer.version };
}

/** What a failed change left behind: migrations with a form of their own stay when a later one fails. */
export async function readLeftBehind(
  { openCluster, run }: ChangeContext,
  tenant: TakenTenant,
): Promise<TenantChange> {
  const { migrator } = await openCluster(tenant.ownDatabase);
  const ledger = await readLedger(migrator, targetOf(tenant));
  return { ids: idsOfRun(ledger, run.id), version: ledger.at(-1)?.id ?? null };
}

function idsOfRun(ledger: readonly LedgerRow[], runId: string): string[] {
  return ledger.filter((row) => row.runId === runId).map(({ id }) => id);
}

function selectTenantReverts(
  { run: { change }, ...context }: ChangeContext,
  { tenant, ledger }: { readonly tenant: TakenTenant; readonly ledger: LedgerRow[] },
) {
  const scope = scopeFor(targetOf(tenant), context.scope);
  if (change.kind === 'up') return [];
  if (change.kind === 'undo') {
    return selectReverts(scope, ledger, { ids: idsOfRun(ledger, change.run) });
  }
  if (typeof change.to === 'string' && !ledger.some(({ id }) => id === change.to)) return [];
  if (change.steps === undefined) return selectReverts(scope, ledger, change);
  // Steps are counted from where the run found the tenant: a holder before this one, or another tenant of its pool, may have gone some.
  const isFirst = tenant.attempt === 1 && tenant.pool === null;
  const gone = isFirst ? 0 : countBetween(scope, ledger.at(-1)?.id, tenant.from);
  const steps = change.steps - gone;
  return steps > 0 ? selectReverts(scope, ledger, { ...change, steps }) : [];
}

function countBetween(
  { migrations }: CompiledScope,
  last: string | undefined,
  from: string | null,
): number {
  const indexOf = (id: string | null | undefined) => migrations.findIndex((it) => it.id === id);
  return Math.max(0, indexOf(from) - indexOf(last));
}
