import {
  applyMigrations,
  readLedger,
  revertMigrations,
  selectMigrations,
  selectReverts,
  tenantTarget,
  type CompiledMigration,
  type CompiledScope,
  type LedgerRow,
} from '@tenantry/migrations';
import { parseTenantId, type Run, type TakenTenant } from '@tenantry/tenancy';
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
  /** Those that the run applies. The engine knows a list again, so it is made once for all tenants. */
  readonly migrations: readonly CompiledMigration[];
}

/** What it takes to change the tenants of a run; throws `MigrationNotFoundError` when its change names one that this build lacks. */
export function openChange(
  run: Run,
  openCluster: OpenCluster,
  scope: CompiledScope,
): ChangeContext {
  const migrations = run.change.kind === 'up' ? selectMigrations(scope, run.change) : [];
  return { run, openCluster, scope, migrations };
}

/** Does to a tenant what its run is for. A second call finds done what the first one did. */
export async function changeTenant(
  context: ChangeContext,
  tenant: TakenTenant,
): Promise<TenantChange> {
  const { run, migrations } = context;
  const target = tenantTarget(parseTenantId(tenant.tenantId));
  const { migrator, indexer } = await context.openCluster(tenant.ownDatabase);
  const options = { runId: run.id, ...(indexer && { indexer }) };
  if (run.change.kind === 'up') {
    const { applied, version } = await applyMigrations(migrator, target, migrations, {
      ...options,
      knownVersion: tenant.version,
    });
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
  const ledger = await readLedger(migrator, tenantTarget(parseTenantId(tenant.tenantId)));
  return { ids: idsOfRun(ledger, run.id), version: ledger.at(-1)?.id ?? null };
}

function idsOfRun(ledger: readonly LedgerRow[], runId: string): string[] {
  return ledger.filter((row) => row.runId === runId).map(({ id }) => id);
}

function selectTenantReverts(
  { run: { change }, scope }: ChangeContext,
  { tenant, ledger }: { readonly tenant: TakenTenant; readonly ledger: LedgerRow[] },
) {
  if (change.kind === 'up') return [];
  if (change.kind === 'undo') {
    return selectReverts(scope, ledger, { ids: idsOfRun(ledger, change.run) });
  }
  if (typeof change.to === 'string' && !ledger.some(({ id }) => id === change.to)) return [];
  if (change.steps === undefined) return selectReverts(scope, ledger, change);
  // Steps are counted from where the run found the tenant: a holder before this one may have gone some already.
  const gone = tenant.attempt === 1 ? 0 : countBetween(scope, ledger.at(-1)?.id, tenant.from);
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
