import type { TenantClaim } from '@tenantry/tenancy';

/** Who has a slug, and whether the execution that is to make the tenant is still at work. */
export interface SettledClaim {
  readonly claim: TenantClaim;
  readonly isRunning: boolean;
}

/**
 * The claim on a slug. An execution may end between the look at the catalog and the one at the execution; the catalog is then asked again, or
 * a tenant that is just ready would be taken for one that nobody finishes.
 */
export async function findSettledClaim(
  find: () => Promise<TenantClaim>,
  isCreationRunning: (execution: string) => Promise<boolean>,
): Promise<SettledClaim> {
  const claim = await find();
  if (claim.status !== 'provisioning' || claim.execution === null)
    return { claim, isRunning: false };
  if (await isCreationRunning(claim.execution)) return { claim, isRunning: true };
  const later = await find();
  const isSame = later.status === 'provisioning' && later.execution === claim.execution;
  return isSame ? { claim, isRunning: false } : await findSettledClaim(find, isCreationRunning);
}
