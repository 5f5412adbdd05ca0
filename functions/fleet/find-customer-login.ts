import { prepareCustomerDatabase } from '@tenantry/database';
import {
  DatabaseUnavailableError,
  findCustomerDatabase,
  parseTenantId,
  ServerNotReachedError,
  type CatalogDb,
  type PlacedDatabase,
  type TenantId,
} from '@tenantry/tenancy';
import { openAt } from '../customer-servers.ts';
import type { DatabaseAddress } from '../databases.ts';
import type { FleetCluster } from './fleet.ts';

/**
 * A customer's database as the login that changes the tenant's tables there, with the platform's functions brought up to date; undefined
 * for a tenant whose own database (`t_<id>`) is on its cluster. Throws `ServerNotReachedError`.
 */
export async function findCustomerLogin(
  catalog: CatalogDb,
  ownDatabase: string,
  home: DatabaseAddress,
): Promise<FleetCluster | undefined> {
  const id = parseTenantId(ownDatabase.replace(/^t_/, ''));
  const placed = await findCustomerDatabase(catalog, id);
  if (placed === undefined) return undefined;
  if (placed.migratorSecretArn === null)
    throw new TypeError(`tenant ${id} has no login for migrations in its customer's database`);
  const address = { ...home, database: placed.name, server: placed };
  const migrator = openAt(address, placed.migratorSecretArn);
  try {
    await prepareCustomerDatabase(migrator);
  } catch (error) {
    throw nameServer(error, id, placed);
  }
  // The same login inherits from the tenant's owner, so it may also build indexes outside of transactions.
  return { migrator, indexer: migrator };
}

function nameServer(error: unknown, id: TenantId, server: PlacedDatabase): unknown {
  if (!(error instanceof DatabaseUnavailableError)) return error;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
  return new ServerNotReachedError({ server, user: `m_${id}` }, code, error);
}
