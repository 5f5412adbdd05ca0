import { suspendTenantSchema } from '@tenantry/database';
import {
  findFurtherCluster,
  parseTenantId,
  type CatalogDb,
  type TenantView,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import type { CustomerPlaces } from './customer-places.ts';
import { homePlace, type TenantPlace } from './place.ts';
import { suspendAt } from './suspend-at.ts';

/** What it takes to shut a tenant out. */
export interface CloseTenantOptions {
  /** As `platform_provisioner` of the place's cluster. */
  readonly openProvisioner: (place: TenantPlace) => Kysely<unknown>;
  readonly catalog: CatalogDb;
  readonly customers: Pick<CustomerPlaces, 'suspend'>;
}

/**
 * Takes all of a tenant's rights away wherever it has some, and ends its sessions: from the answer on, no statement of the tenant succeeds. It
 * keeps its data, and everything can be given back.
 */
export async function closeTenant(
  tenant: TenantView,
  { openProvisioner, catalog, customers }: CloseTenantOptions,
): Promise<void> {
  const id = parseTenantId(tenant.id);
  const cluster = (await findFurtherCluster(catalog, id)) ?? null;
  const onCluster = { cluster, database: null };
  for (const place of cluster === null ? [homePlace] : [onCluster, homePlace])
    await suspendAt(place, id, { openProvisioner, catalog });
  const { database } = tenant;
  // The login is closed already; whoever had just come in with it has no right on the schema.
  if (database?.server === null)
    await suspendTenantSchema(openProvisioner({ cluster, database: database.name }), id);
  await customers.suspend(id);
}
