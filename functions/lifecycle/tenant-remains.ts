import { dropRightsElsewhere, dropTenantDatabase, dropTenantSchema } from '@tenantry/database';
import {
  DatabaseUnavailableError,
  getCluster,
  homeClusterId,
  toFurtherCluster,
  type CatalogDb,
  type CreateTenantRequest,
  type TenantId,
  type TenantView,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { homePlace, type TenantPlace } from './place.ts';
import { dropFromPools } from './tenant-pools.ts';

/** What it takes to drop what is left of a tenant. */
export interface TenantRemainsOptions {
  /** As `platform_provisioner` of the place's cluster. */
  readonly openProvisioner: (place: TenantPlace) => Kysely<unknown>;
  readonly catalog: CatalogDb;
}

/**
 * The cluster on which a failed attempt may have left something of a tenant that is created again otherwise: there its undo has nothing to
 * do any more. Undefined where the new attempt goes on where the old one was.
 */
export function findRemains(
  earlier: TenantView | undefined,
  request: Pick<CreateTenantRequest, 'isolation' | 'pool'>,
  cluster: string,
): string | undefined {
  if (earlier?.status !== 'failed' || earlier.cluster === earlier.id) return undefined;
  const isSame =
    earlier.cluster === cluster &&
    earlier.isolation === request.isolation &&
    earlier.pool === (request.pool ?? null);
  return isSame ? undefined : earlier.cluster;
}

/** Drops what a failed attempt left on a cluster. One that does not answer keeps it, and the audit names it when it answers again. */
export async function dropRemains(
  id: TenantId,
  clusterId: string,
  options: TenantRemainsOptions,
): Promise<void> {
  try {
    await dropAt(await placeOnCluster(options.catalog, clusterId), id, options);
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error;
  }
}

/** Takes everything of a tenant out of a cluster's shared database: rights, rows of pools, its own database, schema and roles. */
export async function dropAt(
  place: TenantPlace,
  id: TenantId,
  { openProvisioner, catalog }: TenantRemainsOptions,
): Promise<void> {
  const provisioner = openProvisioner(place);
  const openDatabase = (database: string) => openProvisioner({ ...place, database });
  await dropRightsElsewhere({ home: provisioner, openDatabase }, id);
  await dropFromPools(provisioner, catalog, id);
  await dropTenantDatabase(provisioner, id);
  await dropTenantSchema(provisioner, id);
}

async function placeOnCluster(catalog: CatalogDb, id: string): Promise<TenantPlace> {
  if (id === homeClusterId) return homePlace;
  return { cluster: toFurtherCluster(await getCluster(catalog, id)), database: null };
}
