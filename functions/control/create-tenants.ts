import {
  openCreation,
  parseCreationRows,
  setCreationExecution,
  type ControlActions,
  type CreateTenantsState,
} from '@tenantry/tenancy';
import { assertPoolable } from './assert-poolable.ts';
import { catalog, environment } from './environment.ts';
import { executionArnOf, isRunning, startExecution } from './executions.ts';

type Action = ControlActions['create-tenants'];

const maxWorkers = 4;
const tenantsPerWorker = 10;

/** Validates all lines, claims all slugs and domains, and starts `create-tenants`; or names every line that does not fit and does nothing. */
export async function createTenants(input: Action['input']): Promise<Action['result']> {
  const { actor, skipExisting = false } = input;
  const { baseDomain } = environment;
  const { rows, problems } = parseCreationRows(input.tenants, { baseDomain, actor });
  if (problems.length > 0) return { status: 'refused', problems };
  assertPoolable(rows.map(({ request }) => request));
  const opened = await openCreation(catalog, rows, { actor, skipExisting });
  if (opened.status === 'refused') return opened;
  const { id, total, skipped, execution } = opened;
  return {
    status: 'started',
    creation: id,
    executionArn: id === null ? null : await getExecution(id, { execution, total }),
    total,
    skipped,
  };
}

/** The execution that works on a creation already, or a new one. */
async function getExecution(
  creation: string,
  { execution, total }: { readonly execution: string | null; readonly total: number },
): Promise<string> {
  const machineArn = environment.createTenantsMachineArn;
  if (execution !== null && (await isRunning(machineArn, execution))) {
    return executionArnOf(machineArn, execution);
  }
  const count = Math.max(1, Math.min(maxWorkers, Math.ceil(total / tenantsPerWorker)));
  const workers = Array.from({ length: count }, (_, index) => index + 1);
  const state: CreateTenantsState = { creation, workers };
  const executionArn = await startExecution({ machineArn, name: creation, input: state });
  await setCreationExecution(
    catalog,
    creation,
    executionArn.slice(executionArn.lastIndexOf(':') + 1),
  );
  return executionArn;
}
