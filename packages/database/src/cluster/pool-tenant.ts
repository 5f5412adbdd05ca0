import { setTimeout as delay } from 'node:timers/promises';
import {
  poolOwnerOf,
  poolSchemaOf,
  schemaNameOf,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { sqlStateOf } from '../sql-state.ts';
import { scramVerifier } from './scram-verifier.ts';
import { defaultConnectionLimit, type ProvisionOptions } from './tenant-schema.ts';
import { assertNoViolations } from './verify-privileges.ts';

/** Makes what the tenants of a pool share, as `platform_provisioner`: its roles and its schema, without tables. Made already it costs one query. */
export async function provisionPool(
  provisioner: QueryExecutorProvider,
  pool: PoolName,
): Promise<void> {
  await retryCatalogRace(() => sql`select tenantry.provision_pool(${pool})`.execute(provisioner));
}

/**
 * Makes a tenant's role in a pool that is there, and reads back what it can really do. Run again it repairs what is missing and sets the
 * password anew. Throws `PrivilegesNotEffectiveError` naming every difference to what it may.
 */
export async function provisionPoolTenant(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  options: ProvisionOptions & { readonly pool: PoolName },
): Promise<void> {
  const { password, pool, connectionLimit = defaultConnectionLimit } = options;
  const verifier = await scramVerifier(password);
  const call = sql`select tenantry.provision_pool_tenant(${id}, ${pool}, ${verifier}, cast(${connectionLimit} as integer))`;
  await retryCatalogRace(() => call.execute(provisioner));
  await verifyPoolPrivileges(provisioner, id, pool);
}

/** Reads back what a tenant's role in a pool can really do and throws `PrivilegesNotEffectiveError` naming every difference to what it may. */
export async function verifyPoolPrivileges(
  db: QueryExecutorProvider,
  id: TenantId,
  pool: PoolName,
): Promise<void> {
  const { rows } = await sql<{ violations: readonly string[] }>`
    select tenantry.find_pool_violations(${id}, ${pool}) as violations`.execute(db);
  assertNoViolations(id, rows[0]?.violations);
}

/** Takes a tenant's rights in its pool away at once and ends its sessions: from the answer on, no statement of the tenant succeeds. */
export async function suspendPoolTenant(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  pool: PoolName,
): Promise<void> {
  await retryCatalogRace(() =>
    sql`select tenantry.suspend_pool_tenant(${id}, ${pool})`.execute(provisioner),
  );
  await sql`select tenantry.end_sessions(${id})`.execute(provisioner);
}

/** How much is deleted at once, and for how long. */
export interface DropPoolTenantOptions {
  readonly pool: PoolName;
  /** Rows of one transaction, so that no lock and no call lasts long. @default 5000 */
  readonly rowsAtOnce?: number;
  /** Asked after each transaction; false ends the work, and another call goes on. @default - until all is gone */
  readonly mayContinue?: () => boolean;
}

/**
 * Deletes all rows of a tenant in its pool, proves as the tenant that none is left, and drops its role. Answers whether all is gone, which it
 * also is where nothing was.
 */
export async function dropPoolTenant(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  options: DropPoolTenantOptions,
): Promise<boolean> {
  const { pool, rowsAtOnce = 5000, mayContinue = () => true } = options;
  await sql`select tenantry.end_sessions(${id})`.execute(provisioner);
  const batch = sql<{ deleted: string | number | bigint }>`
    select tenantry.delete_pool_rows(${id}, ${pool}, cast(${rowsAtOnce} as integer)) as deleted`;
  const drop = sql`select tenantry.drop_pool_tenant(${id}, ${pool})`;
  for (;;) {
    const { rows } = await retryLock(() => batch.execute(provisioner));
    if (Number(rows[0]?.deleted) === 0) {
      if (await isDone(() => retryLock(() => drop.execute(provisioner)))) return true;
    }
    if (!mayContinue()) return false;
  }
}

/** False when a row is left after all: a migration has just given the tenant one. */
async function isDone(drop: () => Promise<unknown>): Promise<boolean> {
  try {
    await drop();
    return true;
  } catch (error) {
    if (sqlStateOf(error) !== '55006') throw error;
    return false;
  }
}

/**
 * Gives a tenant the rows that the pool's migrations make in an empty schema, as `platform_migrator`, after the migrations were applied.
 * Once a tenant has them, or had them and deleted them, nothing happens. Answers how many rows.
 */
export async function copyTemplateRows(
  migrator: QueryExecutorProvider,
  id: TenantId,
  pool: PoolName,
): Promise<number> {
  const copy = sql<{ copied: string | number | bigint }>`
    select tenantry.copy_template_rows(${poolSchemaOf(pool)}, ${poolOwnerOf(pool)}, ${schemaNameOf(id)}) as copied`;
  const { rows } = await retryLock(() => copy.execute(migrator));
  return Number(rows[0]?.copied);
}

const attempts = 10;

/** Repeats work that did not get a lock on a table in time, because others write to it. */
async function retryLock<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await retryCatalogRace(work);
    } catch (error) {
      if (attempt === attempts || sqlStateOf(error) !== '55P03') throw error;
      await delay((0.5 + Math.random()) * 100 * 2 ** attempt);
    }
  }
}
