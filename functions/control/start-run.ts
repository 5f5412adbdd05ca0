import { randomUUID } from 'node:crypto';
import { selectMigrations } from '@tenantry/migrations';
import {
  assertNamesExist,
  getRun,
  picksTenants,
  resolveTargets,
  RunMigrationsChangedError,
  TargetsLeftOutError,
  type ControlActions,
  type MigrateFleetRequest,
  type TargetSelector,
} from '@tenantry/tenancy';
import { targetSetOf } from '../migration-set.ts';
import { catalog, compiled, environment } from './environment.ts';
import { startExecution } from './executions.ts';
import { listChangedMigrations } from './list-changed-migrations.ts';

type Action = ControlActions['start-run'];

/**
 * Starts `migrate-fleet`. Throws what a caller can mend before anything is started: nothing selected, an unknown name or migration, only
 * tenants that are not ready, or a retry whose migrations are others now. A run over tenants without tables has nothing to do and says so.
 */
export async function startRun(input: Action['input']): Promise<Action['result']> {
  const { selector, change, pace, verify, retryOf, withChanges = [], actor } = input;
  await assertWorkable(selector);
  if (change.kind === 'up' && picksTenants(selector))
    selectMigrations(compiled.scopes.tenant, change);
  if (change.kind === 'undo') await getRun(catalog, change.run);
  if (retryOf !== undefined) await assertSameMigrations(retryOf, withChanges);
  const request: MigrateFleetRequest = {
    hash: compiled.hash,
    selector,
    change,
    pace,
    reason: 'operator',
    actor,
    ...(verify && { verify }),
    ...(retryOf === undefined ? {} : { retryOf }),
  };
  const execution = `operator-${compiled.hash.slice(0, 16)}-${randomUUID()}`;
  const machineArn = environment.migrateFleetMachineArn;
  const executionArn = await startExecution({ machineArn, name: execution, input: request });
  return { execution, executionArn };
}

/** Only names need a look: whoever else is selected is found when the run begins. */
async function assertWorkable(selector: TargetSelector): Promise<void> {
  await assertNamesExist(catalog, selector);
  if (selector.tenants === undefined) return;
  const { targets, leftOut } = await resolveTargets(catalog, selector, targetSetOf(compiled));
  const notReady = leftOut.filter(({ hasNoTables = false }) => !hasNoTables);
  if (targets.length === 0 && notReady.length > 0) throw new TargetsLeftOutError(notReady);
}

async function assertSameMigrations(runId: string, withChanges: readonly string[]): Promise<void> {
  const changed = await listChangedMigrations(runId);
  if (changed.every((id) => withChanges.includes(id))) return;
  const flags = changed.map((id) => `--with-changes ${id}`).join(' ');
  throw new RunMigrationsChangedError(runId, changed, `tenantry migrate retry ${runId} ${flags}`);
}
