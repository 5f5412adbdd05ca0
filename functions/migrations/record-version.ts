import { readLedger, type MigrationTarget } from '@tenantry/migrations';
import { setTenantVersion, type TenantId } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { compiled, fleet } from './environment.ts';

/** Tells the catalog what a tenant's ledger says after it was written by hand. */
export async function recordVersion(
  id: TenantId,
  { migrator, target }: { readonly migrator: Kysely<unknown>; readonly target: MigrationTarget },
): Promise<void> {
  const { hash, migrations } = compiled.scopes.tenant;
  const ledger = await readLedger(migrator, target);
  const ids = new Set(ledger.map((row) => row.id));
  const hasAll = migrations.every((migration) => ids.has(migration.id));
  const version = ledger.at(-1)?.id ?? null;
  await setTenantVersion(fleet.catalog, [id], { version, hash: hasAll ? hash : null });
}
