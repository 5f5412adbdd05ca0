import { copyTemplateRows } from '@tenantry/database';
import {
  applyMigrations,
  poolTarget,
  readLedger,
  scopeFor,
  type CompiledScope,
} from '@tenantry/migrations';
import type { MigratedVersion, PoolName, TenantId } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { admitNewcomers, hasOthers } from '../pool-newcomers.ts';

/** A tenant that joins a pool, and what is known of the migrations. */
export interface Joining {
  readonly id: TenantId;
  readonly pool: PoolName;
  /** The tenant migrations of this build. */
  readonly scope: CompiledScope;
  /** Whether pending migrations are applied at all. */
  readonly migrate: boolean;
}

/**
 * Brings a new tenant to where its pool is. Pending migrations are applied only while nobody else has rows there: a creation never changes
 * the tables of other tenants, who are migrated by runs. Undefined for a pool without tables.
 */
export async function migratePool(
  migrator: Kysely<unknown>,
  { id, pool, scope, migrate }: Joining,
): Promise<MigratedVersion | undefined> {
  const target = poolTarget(pool);
  const isAlone = migrate && !(await hasOthers(migrator, pool, id));
  if (isAlone) await applyMigrations(migrator, target, scopeFor(target, scope).migrations);
  const ledger = await readLedger(migrator, target);
  const version = ledger.at(-1)?.id;
  if (version === undefined) return undefined;
  await (isAlone ? admitNewcomers(migrator, pool) : copyTemplateRows(migrator, id, pool));
  const ids = new Set(ledger.map((row) => row.id));
  const hasAll = scope.migrations.every((migration) => ids.has(migration.id));
  return { version, hash: hasAll ? scope.hash : null };
}
