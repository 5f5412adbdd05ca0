import { readLedger } from '@tenantry/migrations';
import { listRunItemsOfTenant, type MigrationActions } from '@tenantry/tenancy';
import { fleet } from './environment.ts';
import { openTenant } from './open-tenant.ts';

type Action = MigrationActions['show-history'];

/** A tenant's ledger, and its part in each run. */
export async function showHistory({ reference }: Action['input']): Promise<Action['result']> {
  const { tenant, target, pool, migrator } = await openTenant(reference);
  const ledger = await readLedger(migrator, target);
  const rows = ledger.map(({ durationMs, runId, ...row }) => ({
    ...row,
    milliseconds: durationMs,
    run: runId,
  }));
  const runs = await listRunItemsOfTenant(fleet.catalog, tenant.id);
  return { history: { slug: tenant.slug, pool, ledger: rows, runs } };
}
