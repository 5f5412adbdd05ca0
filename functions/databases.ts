import {
  createDataApiClient,
  DataApiDialect,
  openCatalogDb,
  type ColumnTypes,
} from '@tenantry/database';
import type { CatalogDb } from '@tenantry/tenancy';
import { Kysely } from 'kysely';

const client = createDataApiClient();

/** Where a database is. */
export interface DatabaseAddress {
  readonly clusterArn: string;
  readonly database: string;
}

/** A dialect that logs in with the named secret, for tables whose columns have the given types. */
export function dialectFor(
  address: DatabaseAddress,
  secretArn: string,
  columnTypes: ColumnTypes = {},
): DataApiDialect {
  const { clusterArn, database } = address;
  return new DataApiDialect({
    mode: 'postgres',
    driver: { client, secretArn, resourceArn: clusterArn, database },
    columnTypes,
  });
}

/** A database as one of the platform's roles. */
export function openAs(address: DatabaseAddress, secretArn: string): Kysely<unknown> {
  return new Kysely<unknown>({ dialect: dialectFor(address, secretArn) });
}

/** The same for DDL: what takes longer than a call of the Data API may goes on to its end. */
export function openForDdl(address: DatabaseAddress, secretArn: string): Kysely<unknown> {
  const { clusterArn, database } = address;
  const driver = {
    client,
    secretArn,
    resourceArn: clusterArn,
    database,
    continueAfterTimeout: true,
  };
  return new Kysely<unknown>({ dialect: new DataApiDialect({ mode: 'postgres', driver }) });
}

/** The catalog as `catalog_writer` or `catalog_reader`. */
export function openCatalog(address: DatabaseAddress, secretArn: string): CatalogDb {
  return openCatalogDb(dialectFor(address, secretArn));
}
