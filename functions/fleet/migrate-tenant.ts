import { setTimeout as delay } from 'node:timers/promises';
import {
  isRetryable,
  MigrationDriftError,
  MigrationFailedError,
  ServerNotReachedError,
  type RunItemError,
  type RunItemResult,
  type TakenTenant,
} from '@tenantry/tenancy';
import {
  changeTenant,
  readLeftBehind,
  type ChangeContext,
  type TenantChange,
} from './change-tenant.ts';
import type { PoolTurns } from './pool-turns.ts';

/** Waits between attempts when the tenant's cluster does not answer; the dialect has waited before, for one that wakes up. */
const waitsMs = [500, 1500, 4000];

/** What a worker has of its cluster and run. */
export interface MigrateContext extends ChangeContext {
  readonly clusterId: string;
  readonly turns: PoolTurns;
}

/** Changes one tenant and answers what became of it; never throws. */
export async function migrateTenant(
  context: MigrateContext,
  tenant: TakenTenant,
): Promise<RunItemResult> {
  const startedAt = performance.now();
  const { tenantId } = tenant;
  try {
    const change = await context.turns.take(
      tenant.pool,
      async () => await retryUnavailable(() => changeTenant(context, tenant)),
    );
    return toResult(context, tenant, { ...change, milliseconds: performance.now() - startedAt });
  } catch (error) {
    const left = await findLeftBehind(context, tenant);
    return {
      tenantId,
      status: 'failed',
      applied: left?.ids ?? [],
      ...(left && { at: { version: left.version, hash: null } }),
      milliseconds: performance.now() - startedAt,
      error: toItemError(error, context),
    };
  }
}

/** What became of a tenant that was changed. */
export function toResult(
  context: ChangeContext,
  { tenantId, attempt, from }: TakenTenant,
  change: TenantChange & { readonly milliseconds: number },
): RunItemResult {
  const { ids, version, milliseconds } = change;
  const isChanged = ids.length > 0 || (attempt > 1 && version !== from);
  return {
    tenantId,
    status: isChanged ? 'migrated' : 'skipped',
    applied: ids,
    at: { version, hash: hashAfter(context) },
    milliseconds,
  };
}

function hashAfter({ run: { change }, scope }: ChangeContext): string | null {
  const isNewest = change.kind === 'up' && change.to === undefined && change.module === undefined;
  return isNewest ? scope.hash : null;
}

async function retryUnavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const ms of waitsMs) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      await delay(ms * (0.5 + Math.random() / 2));
    }
  }
  return await work();
}

/** Undefined when the cluster does not say: the error that is reported says why. */
async function findLeftBehind(
  context: ChangeContext,
  tenant: TakenTenant,
): Promise<TenantChange | undefined> {
  try {
    return await readLeftBehind(context, tenant);
  } catch {
    return undefined;
  }
}

function toItemError(error: unknown, { clusterId }: MigrateContext): RunItemError {
  if (error instanceof MigrationFailedError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MigrationDriftError) return { migration: error.migration, message };
  const isCluster = isRetryable(error) && !(error instanceof ServerNotReachedError);
  return { message: isCluster ? `cluster ${clusterId}: ${message}` : message };
}
