import { findCreationExecution } from '@tenantry/tenancy';
import { catalog, environment } from './environment.ts';
import { isRunning } from './executions.ts';

/** Whether the creation that holds a tenant, of it alone or of many, is still at work. */
export async function isCreationRunning(holder: string): Promise<boolean> {
  const execution = await findCreationExecution(catalog, holder);
  return execution === undefined
    ? await isRunning(environment.createTenantMachineArn, holder)
    : await isRunning(environment.createTenantsMachineArn, execution);
}
