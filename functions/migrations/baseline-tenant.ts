import { findBaseline, markMigration, readLedger } from '@tenantry/migrations';
import { TenantInputError, writeAudit, type MigrationActions } from '@tenantry/tenancy';
import { fleet } from './environment.ts';
import { openTenant } from './open-tenant.ts';
import { recordVersion } from './record-version.ts';

type Action = MigrationActions['baseline-tenant'];

/**
 * Records as applied the first migrations whose objects a tenant without a history has already. Throws `TenantInputError` for a tenant that
 * has a history, and `MigrationMismatchError` when its objects are those of no list of first migrations.
 */
export async function baselineTenant(input: Action['input']): Promise<Action['result']> {
  const { reference, reason, actor } = input;
  const { id, target, scope, pool, migrator } = await openTenant(reference);
  if ((await readLedger(migrator, target)).length > 0) {
    throw new TenantInputError(
      'reference',
      `"${reference}" has a history already`,
      `tenantry migrate history ${reference}`,
    );
  }
  const migrations = await findBaseline(migrator, target, scope.migrations);
  for (const migration of migrations) {
    await markMigration(migrator, target, migration, { as: 'applied', how: 'baseline' });
  }
  await recordVersion(id, { migrator, target });
  const recorded = migrations.map((migration) => migration.id);
  await writeAudit(fleet.catalog, {
    actor,
    action: 'baseline-tenant',
    tenantId: id,
    outcome: 'done',
    details: { recorded, reason },
  });
  return { recorded, version: recorded.at(-1) ?? null, pool };
}
