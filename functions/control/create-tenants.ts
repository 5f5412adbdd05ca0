import {
  openCreation,
  parseCreateTenantRequest,
  setCreationExecution,
  TenancyError,
  type ControlActions,
  type CreateTenantsState,
  type CreationProblem,
  type CreationRow,
} from '@tenantry/tenancy';
import { homeClusterId } from '../home-cluster.ts';
import { catalog, environment } from './environment.ts';
import { executionArnOf, isRunning, startExecution } from './executions.ts';

type Action = ControlActions['create-tenants'];
type Input = Action['input'];

const maxWorkers = 4;
const tenantsPerWorker = 10;

/** Validates all lines, claims all slugs and domains, and starts `create-tenants`; or names every line that does not fit and does nothing. */
export async function createTenants(input: Input): Promise<Action['result']> {
  const { rows, problems } = parseRows(input);
  if (problems.length > 0) return { status: 'refused', problems };
  const { actor, skipExisting = false } = input;
  const opened = await openCreation(catalog, rows, {
    actor,
    skipExisting,
    clusterId: homeClusterId,
  });
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

function parseRows({ tenants, actor }: Input) {
  const rows: CreationRow[] = [];
  const problems: CreationProblem[] = [];
  for (const { line, ...tenant } of tenants) {
    try {
      const request = parseCreateTenantRequest({ ...tenant, actor }, environment);
      rows.push({ line, request });
    } catch (error) {
      if (!(error instanceof TenancyError)) throw error;
      problems.push(toProblem(line, error));
    }
  }
  return {
    rows,
    problems: [...problems, ...findRepeated(rows)].toSorted((a, b) => a.line - b.line),
  };
}

function toProblem(line: number, error: TenancyError): CreationProblem {
  const isField = 'field' in error && 'reason' in error;
  return {
    line,
    field: isField ? String(error.field) : 'isolation',
    reason: isField ? String(error.reason) : error.message,
    isTaken: false,
  };
}

function findRepeated(rows: readonly CreationRow[]): CreationProblem[] {
  const firstLines = new Map<string, number>();
  return rows.flatMap(({ line, request }) =>
    (['slug', 'domain'] as const).flatMap((field) => {
      const key = `${field} ${request[field]}`;
      const first = firstLines.get(key);
      if (first === undefined) firstLines.set(key, line);
      const reason = `"${request[field]}" is on line ${first} too`;
      return first === undefined ? [] : [{ line, field, reason, isTaken: false }];
    }),
  );
}
