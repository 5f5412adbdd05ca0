import { environment } from './environment.ts';
import { isRunning } from './executions.ts';

/** Whether the execution that suspends or resumes a tenant is still at work. */
export async function isSuspensionRunning(holder: string): Promise<boolean> {
  const { suspendTenantMachineArn, resumeTenantMachineArn } = environment;
  const atWork = await Promise.all(
    [suspendTenantMachineArn, resumeTenantMachineArn].map((arn) => isRunning(arn, holder)),
  );
  return atWork.includes(true);
}
