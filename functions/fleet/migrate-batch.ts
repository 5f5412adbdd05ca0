import { applyMigrations, lastMigration, tenantTarget } from '@tenantry/migrations';
import {
  isRetryable,
  MigrationFailedError,
  parseTenantId,
  recordRunItem,
  setTenantVersion,
  type RunItemError,
} from '@tenantry/tenancy';
import type { Fleet } from './begin-run.ts';

/** Tenants of one batch migrated at the same time. */
const atOnce = 4;

/**
 * Migrates the tenants of a batch. A tenant that fails is recorded and stops nobody; only an error of the infrastructure is thrown, so
 * that the batch is tried again.
 */
export async function migrateBatch(
  fleet: Fleet,
  batch: { readonly runId: string; readonly tenantIds: readonly string[] },
): Promise<{ readonly done: number }> {
  const queue = [...batch.tenantIds];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift())
      await migrateTenant(fleet, batch.runId, id);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { done: batch.tenantIds.length };
}

async function migrateTenant(fleet: Fleet, runId: string, id: string): Promise<void> {
  const { catalog, migrator, compiled } = fleet;
  const { tenant: scope } = compiled.scopes;
  const tenantId = parseTenantId(id);
  const startedAt = new Date();
  const durationMs = () => Date.now() - startedAt.getTime();
  try {
    await applyMigrations(migrator, tenantTarget(tenantId), scope.migrations);
  } catch (error) {
    if (isRetryable(error)) throw error;
    const result = { tenantId, status: 'failed', startedAt, durationMs: durationMs() } as const;
    await recordRunItem(catalog, runId, { ...result, error: toItemError(error) });
    return;
  }
  await setTenantVersion(catalog, [tenantId], { version: lastMigration(scope), hash: scope.hash });
  await recordRunItem(catalog, runId, {
    tenantId,
    status: 'migrated',
    startedAt,
    durationMs: durationMs(),
  });
}

function toItemError(error: unknown): RunItemError {
  if (error instanceof MigrationFailedError) return error.failure;
  return { message: error instanceof Error ? error.message : String(error) };
}
