import type { CompiledMigrations } from '@tenantry/migrations';
import {
  freezeRun,
  MigrationInvalidError,
  openRun,
  picksTenants,
  type MigrateFleetRequest,
  type Run,
  type StartRunResult,
} from '@tenantry/tenancy';
import { checksumsOf, targetSetOf } from '../migration-set.ts';
import { changeStaticSchemas } from './change-static-schemas.ts';
import type { Fleet } from './fleet.ts';
import { pickRunCanaries } from './pick-run-canaries.ts';

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
  const set = targetSetOf(fleet.compiled);
  const statics = await changeStaticSchemas(fleet, run);
  const canaries = picksTenants(run.selector) ? await pickRunCanaries(fleet, run, set) : [];
  const { total } = await freezeRun(fleet.catalog, run, { set, canaries, statics });
  return total;
}

function assertSameSet(hash: string, compiled: CompiledMigrations): void {
  if (hash === compiled.hash) return;
  throw new MigrationInvalidError(
    'migrations',
    `the run is for set ${hash.slice(0, 12)}, this build holds ${compiled.hash.slice(0, 12)}`,
  );
}
