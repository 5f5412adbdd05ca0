import { sql, type Kysely, type Transaction } from 'kysely';
import { SharedTablesPlugin, sqlStateOf } from '@tenantry/database';
import type { MigrationTarget } from './apply-options.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { toMigrationError, type EngineWork, type FailedStatement } from './engine-call.ts';
import { loadProgram } from './migration-program.ts';
import type { MigrationDb, MigrationFunction } from './parse-exports.ts';
import { recordMigration } from './record-migration.ts';

/**
 * Runs a program's `up` as the schema's owner, in one transaction with its row in the ledger; in a pool then once more as each tenant.
 * Empty when another worker was faster. Throws `MigrationFailedError`, and what the program itself throws.
 */
export async function runProgram<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<readonly string[]> {
  const { up } = await loadProgram(migration);
  return await inTransaction(work, async (inner) => {
    const recorded = await recordMigration(inner, migration);
    if (recorded.length > 0) await runDirection(inner, migration, up);
    return recorded;
  });
}

/** Calls one direction of a program, in a transaction, as the schema's owner; in a pool then as each tenant. */
export async function runDirection<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
  direction: MigrationFunction,
): Promise<void> {
  const { tenants } = work.target;
  if (tenants === undefined) await runAs(work, migration, { direction, role: work.target.owner });
  else await runInPool(work, migration, { direction, group: tenants });
}

async function runInPool<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
  { direction, group }: { readonly direction: MigrationFunction; readonly group: string },
): Promise<void> {
  const { migrator, target } = work;
  const { schema, owner } = target;
  const becomeLogin = sql`select set_config('role', 'none', true)`;
  await becomeLogin.execute(migrator);
  const { rows } = await sql<{
    roles: readonly string[];
    before: object;
    deferred: string | null;
  }>`
    select to_jsonb(tenantry.admit_tenants(${schema}, ${owner}, ${group})) as roles,
      tenantry.remember_pool(${schema}) as before, tenantry.list_deferred_triggers(${schema}) as deferred`.execute(
    migrator,
  );
  const shared = migrator.withPlugin(new SharedTablesPlugin());
  for (const role of rows[0]?.roles ?? []) {
    await runAs({ ...work, migrator: shared }, migration, {
      direction: async (db, tools) => {
        await direction(db, tools);
        await endDeferred(migrator, rows[0]?.deferred ?? null);
      },
      role,
    });
  }
  await becomeLogin.execute(migrator);
  const close = sql`select tenantry.close_pool(${schema}, ${owner}, ${group}, cast(${JSON.stringify(rows[0]?.before)} as jsonb))`;
  await assertApplies(target, { migration: migration.id, statement: 0 }, () =>
    close.execute(migrator),
  );
}

/** Triggers that wait for the end of the transaction would else run as whoever is the last. */
async function endDeferred<Tables>(migrator: Kysely<Tables>, names: string | null): Promise<void> {
  if (names === null) return;
  await sql`set constraints ${sql.raw(names)} immediate`.execute(migrator);
  await sql`set constraints ${sql.raw(names)} deferred`.execute(migrator);
}

async function runAs<Tables>(
  { migrator, target, options }: EngineWork<Tables>,
  migration: CompiledMigration,
  { direction, role }: { readonly direction: MigrationFunction; readonly role: string },
): Promise<void> {
  await sql`select set_config('role', ${role}, true), set_config('search_path', ${`"${target.schema}", pg_temp`}, true),
    set_config('lock_timeout', ${`${options.lockTimeoutMs ?? 2000}ms`}, true)`.execute(migrator);
  const failed = { migration: migration.id, statement: 0 };
  const of = role === target.owner ? failed : { ...failed, tenant: role };
  await assertApplies(target, of, () =>
    direction(migrator as Kysely<unknown> as MigrationDb, { sql }),
  );
}

/** Throws `MigrationFailedError` for what PostgreSQL refuses. */
async function assertApplies(
  { schema }: MigrationTarget,
  { tenant, ...failed }: FailedStatement & { readonly tenant?: string },
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const sqlstate = sqlStateOf(error);
    if (sqlstate === undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const { detail, hint } = error as { readonly detail?: string; readonly hint?: string };
    const answer = {
      status: 'failed',
      sqlstate,
      message,
      ...(tenant !== undefined && { tenant }),
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
    } as const;
    throw toMigrationError(schema, answer, failed);
  }
}

/** Runs the work in a transaction: the one it is in already, or one of its own. */
export async function inTransaction<Tables, Result>(
  work: EngineWork<Tables>,
  run: (inner: EngineWork<Tables>) => Promise<Result>,
): Promise<Result> {
  if (work.migrator.isTransaction) return await run(work);
  return await work.migrator
    .transaction()
    .execute(async (trx: Transaction<Tables>) => await run({ ...work, migrator: trx }));
}
