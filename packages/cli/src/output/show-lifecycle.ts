import type { LifecycleStep } from '@tenantry/tenancy';
import type { Session } from '../session.ts';
import { showSteps } from './step-progress.ts';

type Lifecycle =
  | 'createTenantSteps'
  | 'deleteTenantSteps'
  | 'suspendTenantSteps'
  | 'resumeTenantSteps';

/** Shows a person the steps that a tenant's workflow takes under this isolation, as they begin and end; a machine sees none. */
export async function showLifecycle(
  lifecycle: Lifecycle,
  isolation: string,
  session: Session,
): Promise<Partial<ReturnType<typeof showSteps>>> {
  if (session.isMachine) return {};
  const tenancy = await import('@tenantry/tenancy');
  const steps = tenancy.stepsFor<LifecycleStep>(tenancy[lifecycle], isolation);
  return showSteps(
    steps.map(({ name }) => name),
    session,
  );
}
