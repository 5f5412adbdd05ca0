import {
  createCredentialsCache,
  createSecretsClient,
  openPgServers,
  readCredentials,
  type ColumnTypes,
} from '@tenantry/database';
import type { PostgresServer } from '@tenantry/tenancy';
import { Kysely, type Dialect } from 'kysely';
import { dialectFor, type DatabaseAddress } from './databases.ts';

/** Where a database is: on a cluster that the Data API leads to, or on a server that a customer brought along. */
export interface AnyDatabaseAddress extends DatabaseAddress {
  /** @default - the Data API of the cluster leads to it */
  readonly server?: PostgresServer;
}

const client = createSecretsClient();
const servers = openPgServers({
  credentials: createCredentialsCache(async (arn) => await readCredentials(client, arn)),
});

/** A dialect that logs in with the named secret wherever the database is. */
export function dialectAt(
  address: AnyDatabaseAddress,
  secretArn: string,
  columnTypes: ColumnTypes = {},
): Dialect {
  const { server, database } = address;
  return server === undefined
    ? dialectFor(address, secretArn, columnTypes)
    : servers.dialect(server, { secretArn, database });
}

/** A database as the login in a secret, wherever it is. */
export function openAt(address: AnyDatabaseAddress, secretArn: string): Kysely<unknown> {
  return new Kysely<unknown>({ dialect: dialectAt(address, secretArn) });
}
