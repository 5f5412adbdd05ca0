import { MigrationNotPoolableError } from '@tenantry/tenancy';
import type { CompiledMigration } from '../compiled-migrations.ts';

/** Sets for shared tables by the set they were made of: what is cached for a set is found again by the same array. */
const pooled = new WeakMap<readonly CompiledMigration[], readonly CompiledMigration[]>();

/**
 * The migrations as they run on tables that tenants share, in the same order and with the same ids and checksums; the same array for the
 * same one. Throws `MigrationNotPoolableError`, with file, line and reason, for the first that cannot run there.
 */
export function pooledMigrations(
  migrations: readonly CompiledMigration[],
): readonly CompiledMigration[] {
  const known = pooled.get(migrations);
  if (known !== undefined) return known;
  const made = migrations.map(toPooled);
  pooled.set(migrations, made);
  return made;
}

function toPooled(migration: CompiledMigration): CompiledMigration {
  const { id, file, pooled: form } = migration;
  if (form === undefined) throw new TypeError(`${id} is no migration of tenants`);
  if ('refusal' in form) {
    const { refusal: reason, line } = form;
    throw new MigrationNotPoolableError(id, { reason, line, file });
  }
  return { ...migration, ...form };
}
