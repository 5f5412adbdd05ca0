import {
  ownDatabaseOf,
  parseIsolation,
  type FurtherCluster,
  type PlacedState,
  type PostgresServer,
} from '@tenantry/tenancy';
import type { AnyDatabaseAddress } from '../customer-servers.ts';
import type { DatabaseAddress } from '../databases.ts';
import { tenantIdOf } from './state.ts';

/** Where a tenant's data is. */
export interface TenantPlace {
  /** Null for the home cluster. */
  readonly cluster: FurtherCluster | null;
  /** The database that only this tenant has; null where it shares the cluster's. */
  readonly database: string | null;
  /** The server that its customer brought along. @default - it is on the cluster */
  readonly customer?: CustomerPlace;
}

/** A customer's server, and the secret of the login that changes the tenant's tables there. */
export interface CustomerPlace {
  readonly server: PostgresServer;
  /** Absent before it is stored. */
  readonly migratorSecretArn?: string;
}

/** The shared database of the home cluster. */
export const homePlace: TenantPlace = { cluster: null, database: null };

/** Where a tenant has, or gets, its data. */
export function placeOf(state: PlacedState): TenantPlace {
  const { cluster = null, request, migratorSecretArn } = state;
  if (request.database !== undefined) {
    const customer = { server: request.database, ...(migratorSecretArn && { migratorSecretArn }) };
    return { cluster: null, database: request.database.name, customer };
  }
  return { cluster, database: ownDatabaseOf(parseIsolation(request.isolation), tenantIdOf(state)) };
}

/** The address of a place, seen from the home cluster's. */
export function addressOf(
  home: DatabaseAddress,
  { cluster, database, customer }: TenantPlace,
): AnyDatabaseAddress {
  const { clusterArn, database: sharedDatabase } = cluster ?? home;
  const address = { clusterArn, database: database ?? sharedDatabase };
  return customer === undefined ? address : { ...address, server: customer.server };
}
