import type { Tenant } from '@tenantry/tenancy';
import type { SharedDb, TenantDb } from './tenant-db.ts';

/** What a script works with, once for each tenant. */
export interface ScriptContext<TenantTables, SharedTables> {
  readonly tenant: Tenant;
  /** The tenant's own tables, logged in as the tenant. */
  readonly db: TenantDb<TenantTables>;
  /** The tables that all tenants read. */
  readonly shared: SharedDb<SharedTables>;
  /** Writes a line that carries the tenant's slug. */
  readonly log: (line: string) => void;
  /** True under `--rehearse`: the script says what it would do and changes nothing. */
  readonly dryRun: boolean;
}

/** A script's work for one tenant; a thrown error fails that tenant and no other. */
export type Script<TenantTables, SharedTables> = (
  context: ScriptContext<TenantTables, SharedTables>,
) => Promise<void>;

/**
 * A script for `tenantry run`, as its file's default export.
 *
 * @example
 * export default script<TenantTables>(async ({ db, log }) => {
 *   const { count } = await db
 *     .selectFrom('poll')
 *     .select((eb) => eb.fn.countAll().as('count'))
 *     .executeTakeFirstOrThrow();
 *   log(`${count} polls`);
 * });
 */
export function script<TenantTables, SharedTables = unknown>(
  work: Script<TenantTables, SharedTables>,
): Script<TenantTables, SharedTables> {
  return work;
}
