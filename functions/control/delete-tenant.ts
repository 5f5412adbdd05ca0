import {
  findTenantClaim,
  getTenant,
  TenantBusyError,
  TenantNotFoundError,
  type ControlActions,
  type DeleteTenantState,
} from '@tenantry/tenancy';
import { catalog, environment } from './environment.ts';
import { executionArnOf, isRunning, startExecution } from './executions.ts';
import { isCreationRunning } from './is-creation-running.ts';
import { isSuspensionRunning } from './is-suspension-running.ts';

type Action = ControlActions['delete-tenant'];

/** Starts `delete-tenant`, or answers the execution that is deleting the tenant already. */
export async function deleteTenant({
  reference,
  leaveDatabase,
  actor,
}: Action['input']): Promise<Action['result']> {
  const tenant = await getTenant(catalog, reference);
  if (tenant.status === 'deleted') throw new TenantNotFoundError(reference);
  const machineArn = environment.deleteTenantMachineArn;
  const claim = await findTenantClaim(catalog, tenant.slug);
  const holder = claim.execution;
  if (tenant.status === 'provisioning' && holder !== null && (await isCreationRunning(holder))) {
    throw new TenantBusyError(tenant.slug, tenant.status, holder);
  }
  if (tenant.status === 'suspended' && holder !== null && (await isSuspensionRunning(holder))) {
    throw new TenantBusyError(tenant.slug, tenant.status, holder);
  }
  if (tenant.status === 'deleting' && holder !== null && (await isRunning(machineArn, holder))) {
    return { tenant, executionArn: executionArnOf(machineArn, holder) };
  }
  const state: DeleteTenantState = {
    tenantId: tenant.id,
    slug: tenant.slug,
    isolation: tenant.isolation,
    ...(leaveDatabase === true && { leaveDatabase }),
    actor,
  };
  const executionArn = await startExecution({
    machineArn,
    name: `delete-${tenant.id}`,
    input: state,
  });
  return { tenant, executionArn };
}
