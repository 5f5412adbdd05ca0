import {
  controlRun,
  findRun,
  getRun,
  RunNotFoundError,
  type ControlActions,
} from '@tenantry/tenancy';
import { catalog, compiled, environment } from './environment.ts';
import { startExecution } from './executions.ts';

type Action = ControlActions['control-run'];

/** Gives a run an operator's word; `resume` starts an execution that goes on with it. */
export async function tellRun({ run, command, actor }: Action['input']): Promise<Action['result']> {
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
