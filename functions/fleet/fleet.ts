import type { CompiledMigrations } from '@tenantry/migrations';
import { getCluster, homeClusterId, type CatalogDb } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { openCatalog, openForDdl, type DatabaseAddress } from '../databases.ts';
import { findCustomerLogin } from './find-customer-login.ts';

/** A cluster as the two roles that change tenants' schemas. */
export interface FleetCluster {
  readonly migrator: Kysely<unknown>;
  /** Builds indexes outside of transactions. @default - the cluster has no login for it */
  readonly indexer?: Kysely<unknown>;
}

/** What fleet functions work with: the catalog, the clusters that hold tenants, and the migrations of this build. */
export interface Fleet {
  readonly catalog: CatalogDb;
  readonly compiled: CompiledMigrations;
  /**
   * The cluster with this id in the catalog: the database that its tenants share, or the one that only one of them has, wherever that
   * is. Throws `ServerNotReachedError` when a customer's server does not answer.
   */
  openCluster(id: string, ownDatabase?: string | null): Promise<FleetCluster>;
}

/** Where the home cluster is, and the secrets that open it. */
export interface FleetEnvironment extends DatabaseAddress {
  readonly catalogWriterSecretArn: string;
  readonly migratorSecretArn: string;
  /** @default - no login for indexes */
  readonly indexerSecretArn?: string;
}

/** The fleet as a function's environment names it; other clusters are found in the catalog. */
export function openFleet(environment: FleetEnvironment, compiled: CompiledMigrations): Fleet {
  const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
  const places = new Map<string, FleetPlace>([[homeClusterId, environment]]);
  const findPlace = async (id: string): Promise<FleetPlace> => {
    const known = places.get(id);
    if (known !== undefined) return known;
    const { resourceArn, database, ...secrets } = await getCluster(catalog, id);
    const { migratorSecretArn = environment.migratorSecretArn, indexerSecretArn } = secrets;
    const place = {
      clusterArn: resourceArn,
      database,
      migratorSecretArn,
      ...(indexerSecretArn !== undefined && { indexerSecretArn }),
    };
    places.set(id, place);
    return place;
  };
  return {
    catalog,
    compiled,
    openCluster: async (id, ownDatabase = null) => {
      const place = await findPlace(id);
      if (ownDatabase === null) return openPlace(place);
      const customer = await findCustomerLogin(catalog, ownDatabase, environment);
      return customer ?? openPlace({ ...place, database: ownDatabase });
    },
  };
}

type FleetPlace = Omit<FleetEnvironment, 'catalogWriterSecretArn'>;

function openPlace({ migratorSecretArn, indexerSecretArn, ...address }: FleetPlace): FleetCluster {
  return {
    migrator: openForDdl(address, migratorSecretArn),
    ...(indexerSecretArn !== undefined && { indexer: openForDdl(address, indexerSecretArn) }),
  };
}
