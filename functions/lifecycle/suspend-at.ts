import { closeLogin, maintenanceDatabase, suspendTenantSchema } from '@tenantry/database';
import type { CatalogDb, TenantId } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import type { TenantPlace } from './place.ts';
import { suspendInPools } from './tenant-pools.ts';

/**
 * Takes a tenant's rights in a shared database away, closes its login there and ends its sessions. A tenant with two sessions can keep
 * every new one out of a database; that ends here, unless it keeps them out of the cluster's `postgres` as well.
 */
export async function suspendAt(
  place: TenantPlace,
  id: TenantId,
  options: {
    /** As `platform_provisioner` of the place's cluster. */
    readonly openProvisioner: (place: TenantPlace) => Kysely<unknown>;
    readonly catalog: CatalogDb;
  },
): Promise<void> {
  const provisioner = options.openProvisioner(place);
  const outside = options.openProvisioner({ ...place, database: maintenanceDatabase });
  // At once, because nobody knows which of the two lets us in: from there the sessions are ended that hold up the other one.
  const closings = [closeLogin(provisioner, id), closeLogin(outside, id)];
  for (const closing of await Promise.allSettled(closings))
    if (closing.status === 'rejected') throw closing.reason;
  await suspendInPools(provisioner, options.catalog, id);
  await suspendTenantSchema(provisioner, id);
}
