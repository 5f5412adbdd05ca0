import type { RunPlanView } from '@tenantry/tenancy';
import type { RunRequest } from '../runs/perform-run.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { withSuggestion, type NamedTenants } from './get-tenant.ts';
import { verifyVersions, type VerifiedVersions } from './verify-versions.ts';

/** What a run would do, and, where it asks the tenants' ledgers whom it is for, what these said. */
export interface VerifiedPlan {
  readonly plan: RunPlanView;
  readonly verified?: VerifiedVersions;
}

/** What a run would do; for an unknown tenant as `withSuggestion` has it. */
export async function getRunPlan(
  { selector, change, pace, verify }: RunRequest,
  named: NamedTenants,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<VerifiedPlan> {
  // Of tenants that are named a run reads the ledgers by itself.
  const isVerified = verify === true || selector.tenants !== undefined;
  return await withSuggestion(named, at.platform, async () => {
    const verified = isVerified ? await verifyVersions(selector, at) : undefined;
    const { plan } = await at.platform.call('plan-run', { selector, change, pace });
    return { plan, ...(verified && { verified }) };
  });
}
