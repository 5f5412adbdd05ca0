import type { CompiledMigrations } from '@tenantry/migrations';
import {
  freezeRun,
  MigrationInvalidError,
  openRun,
  picksTenants,
  type MigrateFleetRequest,
  type Run,
  type StartRunResult,
  type TargetSet,
} from '@tenantry/tenancy';
import { checksumsOf, targetSetOf } from '../migration-set.ts';
import { changeStaticSchemas } from './change-static-schemas.ts';
import type { Fleet } from './fleet.ts';
import { pickRunCanaries } from './pick-run-canaries.ts';
import { verifyVersions } from './verify-versions.ts';

/** A workflow can wait for a year, a timer on a laptop for 24 days: a run that is later is waited for in pieces. */
const longestWaitMs = 20 * 24 * 60 * 60_000;

/**
 * Opens or joins a run; when its time has come, changes the static schemas that it selects and fixes its set of tenants. Throws
 * `MigrationInvalidError` when the run is meant for another build's migrations.
 */
export async function beginRun(
  fleet: Fleet,
  request: MigrateFleetRequest,
  execution: string,
): Promise<StartRunResult> {
  const { catalog, compiled } = fleet;
  if (request.runId === undefined) assertSameSet(request.hash, compiled);
  const migrations = checksumsOf(compiled);
  const run = await openRun(catalog, request, { execution, migrations });
  assertSameSet(run.hash, compiled);
  const runId = run.id;
  if (run.isFrozen) return { runId, decision: run.total === 0 ? 'nothing' : 'go' };
  const waitMs = run.startAt === null ? 0 : Date.parse(run.startAt) - Date.now();
  if (run.status === 'scheduled' && waitMs > 0) {
    const startAt = new Date(Date.now() + Math.min(waitMs, longestWaitMs)).toISOString();
    return { runId, decision: 'wait', startAt };
  }
  if (run.status !== 'running' && run.status !== 'scheduled') return { runId, decision: 'nothing' };
  const total = await freeze(fleet, run);
  return { runId, decision: total === 0 ? 'nothing' : 'go' };
}

async function freeze(fleet: Fleet, run: Run): Promise<number> {
  const set = await verifySet(fleet, run);
  const statics = await changeStaticSchemas(fleet, run);
  const canaries = picksTenants(run.selector) ? await pickRunCanaries(fleet, run, set) : [];
  const { total } = await freezeRun(fleet.catalog, run, { set, canaries, statics });
  return total;
}

/** Whom the catalog takes for current is believed of tenants that nobody named; of those that cannot be read the run itself says why. */
async function verifySet(fleet: Fleet, run: Run): Promise<TargetSet> {
  const set = targetSetOf(fleet.compiled);
  const { id: runId, actor, selector, isVerified } = run;
  if (!isVerified && selector.tenants === undefined) return set;
  const { unread } = await verifyVersions(fleet, selector, { actor, runId });
  return unread.length === 0 ? set : { ...set, unread: unread.map(({ tenantId }) => tenantId) };
}

function assertSameSet(hash: string, compiled: CompiledMigrations): void {
  if (hash === compiled.hash) return;
  throw new MigrationInvalidError(
    'migrations',
    `the run is for set ${hash.slice(0, 12)}, this build holds ${compiled.hash.slice(0, 12)}`,
  );
}
