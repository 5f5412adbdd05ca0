import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isCatalogRace } from '@tenantry/database';
import {
  completePace,
  exchangeRunItems,
  getCluster,
  getRun,
  shareWork,
  type MigrateTenantsInput,
  type QueueState,
  type QueueWorker,
  type RunItemResult,
} from '@tenantry/tenancy';
import { openChange } from './change-tenant.ts';
import type { Fleet } from './fleet.ts';
import { migrateTenant } from './migrate-tenant.ts';

/** A worker that has less time than this takes no further tenant. */
const lastTakeMs = 90_000;
const shortestPollMs = 100;
const longestPollMs = 2000;

/**
 * Works on one cluster's tenants of a wave until none is left, the run is told to stop, or the time runs out: takes some, changes them
 * side by side, records what became of each. A tenant that fails is recorded and stops nobody; only an error of the catalog is thrown.
 * A tenant that another worker holds is waited for.
 */
export async function migrateWave(
  fleet: Fleet,
  input: MigrateTenantsInput,
  options: { readonly remainingMs: () => number },
): Promise<{ readonly done: number }> {
  const crew = await openCrew(fleet, input);
  const atWork = new Map<string, Promise<unknown>>();
  const finished: RunItemResult[] = [];
  let [done, polls] = [0, 0];
  try {
    for (;;) {
      const isLate = options.remainingMs() < lastTakeMs;
      const results = finished.splice(0);
      const take = isLate ? 0 : crew.tenantsAtOnce - atWork.size;
      const state = await exchange(fleet, crew.queue, { results, take });
      done += results.length;
      for (const tenant of state.taken) {
        const work = migrateTenant(crew.context, tenant).then((result) => {
          atWork.delete(tenant.tenantId);
          finished.push(result);
        });
        atWork.set(tenant.tenantId, work);
      }
      if (atWork.size > 0) {
        polls = 0;
        await waitForOne(atWork.values(), crew.queue.leaseSeconds * 300);
      } else if (finished.length === 0 && results.length === 0) {
        if (!state.isOpen || !state.isRunning || isLate) return { done };
        polls += 1;
        await delay(Math.min(longestPollMs, shortestPollMs * 1.5 ** polls));
      }
    }
  } finally {
    await Promise.all(atWork.values());
  }
}

async function openCrew(fleet: Fleet, { runId, wave, worker }: MigrateTenantsInput) {
  const run = await getRun(fleet.catalog, runId);
  const { concurrency = null } = await getCluster(fleet.catalog, worker.cluster);
  const { leaseSeconds, pauseBetweenTenantsSeconds: pauseSeconds } = completePace(run.pace);
  const holder = randomUUID();
  const queue: QueueWorker = { runId, wave, worker, holder, leaseSeconds, pauseSeconds };
  const shared = await fleet.openCluster(worker.cluster);
  const openCluster = async (own: string | null) =>
    own === null ? shared : await fleet.openCluster(worker.cluster, own);
  const change = openChange(run, openCluster, fleet.compiled.scopes.tenant);
  const context = { ...change, clusterId: worker.cluster };
  return { queue, context, tenantsAtOnce: shareWork(run, concurrency).tenantsAtOnce };
}

/** Two runs that reach for one tenant at the same moment: one of the two statements is refused as a whole and is sent again. */
async function exchange(
  { catalog }: Fleet,
  worker: QueueWorker,
  what: { readonly results: readonly RunItemResult[]; readonly take: number },
): Promise<QueueState> {
  for (;;) {
    try {
      return await exchangeRunItems(catalog, worker, what);
    } catch (error) {
      if (!isTakenElsewhere(error) && !isCatalogRace(error)) throw error;
    }
  }
}

function isTakenElsewhere(error: unknown): boolean {
  return error instanceof Error && error.message.includes('run_items_working_key');
}

/** Waits until one of the tenants is done, at most so long that leases can be prolonged in time. */
async function waitForOne(atWork: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  const timer = new AbortController();
  const { signal } = timer;
  const lease = delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  await Promise.race([...atWork, lease]);
  timer.abort();
}
