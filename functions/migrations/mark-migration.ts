import { assertMarkFits, markMigration as mark, selectMigrations } from '@tenantry/migrations';
import { writeAudit, type MigrationActions } from '@tenantry/tenancy';
import { fleet } from './environment.ts';
import { openTenant } from './open-tenant.ts';
import { recordVersion } from './record-version.ts';

type Action = MigrationActions['mark-migration'];

/**
 * Records a migration as applied or as pending and runs nothing. Throws `MigrationNotFoundError`, and `MigrationMismatchError` when the
 * schema's objects say otherwise and it is not forced.
 */
export async function markMigration(input: Action['input']): Promise<Action['result']> {
  const { as, reason, force = false, actor } = input;
  const { id, target, scope, pool, migrator } = await openTenant(input.reference);
  const migration = selectMigrations(scope, { to: input.migration }).at(-1);
  if (migration === undefined) throw new TypeError(`"${input.migration}" selects nothing`);
  if (!force) await assertMarkFits(migrator, target, { compiled: scope, migration, as });
  const { version } = await mark(migrator, target, migration, { as });
  await recordVersion(id, { migrator, target });
  await writeAudit(fleet.catalog, {
    actor,
    action: 'mark-migration',
    tenantId: id,
    outcome: 'done',
    details: { migration: migration.id, as, reason, force },
  });
  return { version, pool };
}
