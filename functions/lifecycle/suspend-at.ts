import { suspendTenantSchema } from '@tenantry/database';
import type { CatalogDb, TenantId } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import type { TenantPlace } from './place.ts';
import { suspendInPools } from './tenant-pools.ts';

/** Takes a tenant's rights in a shared database away, closes its login there and ends its sessions. */
export async function suspendAt(
  place: TenantPlace,
  id: TenantId,
  options: {
    readonly openProvisioner: (place: TenantPlace) => Kysely<unknown>;
    readonly catalog: CatalogDb;
  },
): Promise<void> {
  const provisioner = options.openProvisioner(place);
  await suspendInPools(provisioner, options.catalog, id);
  await suspendTenantSchema(provisioner, id);
}
