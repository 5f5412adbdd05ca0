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
import { migrateTogether } from './migrate-together.ts';
import { PoolTurns } from './pool-turns.ts';
import { TenantLanes } from './tenant-lanes.ts';

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
  const { queue, lanes } = await openCrew(fleet, input);
  let [done, polls] = [0, 0];
  try {
    for (;;) {
      const isLate = options.remainingMs() < lastTakeMs;
      const results = lanes.takeResults();
      const room = queue.pauseSeconds > 0 ? queue.tenantsAtOnce - lanes.held : lanes.room;
      const take = isLate ? 0 : room;
      const state = await exchange(fleet, queue, { results, take });
      done += results.length;
      lanes.add(state.taken);
      if (lanes.held > 0) {
        polls = 0;
        const areLast = queue.pauseSeconds === 0 && state.taken.length < take;
        await lanes.untilShort(queue.leaseSeconds * 300, { areLast });
      } else if (results.length === 0 && !lanes.hasResults) {
        if (!state.isOpen || !state.isRunning || isLate) return { done };
        polls += 1;
        await delay(Math.min(longestPollMs, shortestPollMs * 1.5 ** polls));
      }
    }
  } finally {
    await lanes.close();
  }
}

async function openCrew(fleet: Fleet, { runId, wave, worker }: MigrateTenantsInput) {
  const run = await getRun(fleet.catalog, runId);
  const { concurrency = null } = await getCluster(fleet.catalog, worker.cluster);
  const { leaseSeconds, pauseBetweenTenantsSeconds: pauseSeconds } = completePace(run.pace);
  const holder = randomUUID();
  const { tenantsAtOnce } = shareWork(run, concurrency);
  const timing = { leaseSeconds, pauseSeconds };
  const queue: QueueWorker = { runId, wave, worker, holder, tenantsAtOnce, ...timing };
  const shared = await fleet.openCluster(worker.cluster);
  const openCluster = async (own: string | null) =>
    own === null ? shared : await fleet.openCluster(worker.cluster, own);
  const change = openChange(run, openCluster, fleet.compiled.scopes.tenant);
  const context = { ...change, clusterId: worker.cluster, turns: new PoolTurns() };
  const lanes = new TenantLanes(tenantsAtOnce, migrateTogether(context));
  return { queue, lanes };
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
