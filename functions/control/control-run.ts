import {
  controlRun,
  findRun,
  getRun,
  RunMigrationsChangedError,
  RunNotFoundError,
  type ControlActions,
} from '@tenantry/tenancy';
import { catalog, compiled, environment } from './environment.ts';
import { startExecution } from './executions.ts';
import { listChangedMigrations } from './list-changed-migrations.ts';

type Action = ControlActions['control-run'];

/** Gives a run an operator's word; `resume` starts an execution that goes on with it. */
export async function tellRun({ run, command, actor }: Action['input']): Promise<Action['result']> {
  if (command === 'resume') await assertSameMigrations(run);
  await controlRun(catalog, run, { command, actor });
  const executionArn = command === 'resume' ? await resume(run, actor) : null;
  const view = await findRun(catalog, { run });
  if (view === undefined) throw new RunNotFoundError(run);
  return { run: view, executionArn };
}

async function resume(runId: string, actor: string): Promise<string> {
  const { selector, change, pace } = await getRun(catalog, runId);
  const { hash } = compiled;
  const machineArn = environment.migrateFleetMachineArn;
  const input = { hash, selector, change, pace, reason: 'operator', actor, runId };
  return await startExecution({ machineArn, name: `resume-${runId}`, input });
}

/** A run goes on only with the migrations it began with: those who are still without them get the present ones from a new run. */
async function assertSameMigrations(runId: string): Promise<void> {
  const { hash } = await getRun(catalog, runId);
  if (hash === compiled.hash) return;
  const tenants = await listChangedMigrations(runId);
  const changed = tenants.length > 0 ? tenants : ['those of shared and site'];
  throw new RunMigrationsChangedError(runId, changed, 'tenantry migrate up --behind');
}
