import { TenantInputError } from '../errors.ts';
import { describeServer, type CustomerDatabase } from '../customer-database.ts';
import { parseTenantId, type TenantId } from '../tenant-id.ts';
import type { CatalogDb, CatalogSchema } from './catalog-schema.ts';
import type { Selectable } from 'kysely';

/** A customer's database that a tenant is in, or will be. */
export interface PlacedDatabase extends CustomerDatabase {
  /** ARN of the secret of the login that changes the tenant's tables; null until the tenant is provisioned. */
  readonly migratorSecretArn: string | null;
  /** Whether the platform set out to make anything at the server, so that there may be something to take away. */
  readonly isBegun: boolean;
  /** Whether the platform set out to make the database, so that it may drop it. */
  readonly isOurs: boolean;
}

/**
 * Notes where a tenant's data will be: in the customer's database, or in none. Throws `TenantInputError` when another tenant is in that
 * database, and when an earlier attempt at this tenant left something in another one.
 */
export async function recordCustomerDatabase(
  db: CatalogDb,
  id: TenantId,
  database: CustomerDatabase | undefined,
): Promise<void> {
  const earlier = await findCustomerDatabase(db, id);
  if (earlier?.isBegun === true && !isSame(earlier, database)) throw leftBehind(id, earlier);
  if (database === undefined) return await forgetCustomerDatabase(db, id);
  await assertFree(db, id, database);
  const row = toRow(database);
  await db
    .insertInto('customer_databases')
    .values({ tenant_id: id, ...row })
    .onConflict((oc) => oc.column('tenant_id').doUpdateSet(row))
    .execute();
}

/** Where a tenant's own data is when its customer brought the database, or undefined. */
export async function findCustomerDatabase(
  db: CatalogDb,
  id: TenantId,
): Promise<PlacedDatabase | undefined> {
  const row = await db
    .selectFrom('customer_databases')
    .selectAll()
    .where('tenant_id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : fromRow(row);
}

/** A customer's database with the tenant that is in it. */
export interface TenantsDatabase extends PlacedDatabase {
  readonly tenantId: TenantId;
}

/** All databases that customers brought along, by tenant; the ones of failed and unfinished tenants too. */
export async function listCustomerDatabases(db: CatalogDb): Promise<TenantsDatabase[]> {
  const rows = await db.selectFrom('customer_databases').selectAll().orderBy('tenant_id').execute();
  return rows.map((row) => ({ tenantId: parseTenantId(row.tenant_id), ...fromRow(row) }));
}

/** Notes what becomes of a customer's database: that the platform is about to change something there, and which login migrates. */
export async function noteCustomerDatabase(
  db: CatalogDb,
  id: TenantId,
  what: Partial<Pick<PlacedDatabase, 'isBegun' | 'isOurs' | 'migratorSecretArn'>>,
): Promise<void> {
  await db
    .updateTable('customer_databases')
    .set({
      ...(what.isBegun === undefined ? {} : { is_begun: what.isBegun }),
      ...(what.isOurs === undefined ? {} : { is_ours: what.isOurs }),
      ...(what.migratorSecretArn === undefined
        ? {}
        : { migrator_secret_arn: what.migratorSecretArn }),
    })
    .where('tenant_id', '=', id)
    .execute();
}

/**
 * Forgets a customer's database, when nothing of the tenant is in it any more, and has the secrets of its logins deleted: the migrator's,
 * and the one that the customer gave unless another tenant's database uses it, too. When `deleteSecret` throws, nothing is forgotten.
 */
export async function releaseCustomerDatabase(
  db: CatalogDb,
  id: TenantId,
  deleteSecret: (secretArn: string) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const placed = await findCustomerDatabase(trx, id);
    if (placed === undefined) return;
    // Locked, so that of two that go at once the second one sees that it is the last.
    const users = await trx
      .selectFrom('customer_databases')
      .select('tenant_id')
      .where('admin_secret_arn', '=', placed.adminSecretArn)
      .orderBy('tenant_id')
      .forUpdate()
      .execute();
    if (placed.migratorSecretArn !== null) await deleteSecret(placed.migratorSecretArn);
    if (users.every((user) => user.tenant_id === id)) await deleteSecret(placed.adminSecretArn);
    await forgetCustomerDatabase(trx, id);
  });
}

async function forgetCustomerDatabase(db: CatalogDb, id: TenantId): Promise<void> {
  await db.deleteFrom('customer_databases').where('tenant_id', '=', id).execute();
}

function isSame(one: CustomerDatabase, other: CustomerDatabase | undefined): boolean {
  return one.host === other?.host && one.port === other.port && one.name === other.name;
}

function leftBehind(id: TenantId, earlier: PlacedDatabase): TenantInputError {
  return new TenantInputError(
    'database',
    `an earlier attempt left something in "${earlier.name}" at ${describeServer(earlier)}, which has to go first`,
    `tenantry tenant delete ${id}`,
  );
}

async function assertFree(db: CatalogDb, id: TenantId, database: CustomerDatabase): Promise<void> {
  const { host, port, name } = database;
  const other = await db
    .selectFrom('customer_databases')
    .select('tenant_id')
    .where('host', '=', host)
    .where('port', '=', port)
    .where('name', '=', name)
    .where('tenant_id', '<>', id)
    .executeTakeFirst();
  if (other === undefined) return;
  throw new TenantInputError(
    'database',
    `"${name}" at ${describeServer(database)} is the database of tenant ${other.tenant_id} already`,
    `tenantry tenant show ${other.tenant_id}`,
  );
}

function toRow(database: CustomerDatabase) {
  const { host, port, name, tls, tlsCa, user, adminSecretArn, isNew } = database;
  return {
    host,
    port,
    name,
    tls,
    tls_ca: tlsCa ?? null,
    username: user,
    admin_secret_arn: adminSecretArn,
    is_new: isNew,
  };
}

function fromRow(row: Selectable<CatalogSchema['customer_databases']>): PlacedDatabase {
  return {
    host: row.host,
    port: row.port,
    name: row.name,
    tls: row.tls,
    ...(row.tls_ca === null ? {} : { tlsCa: row.tls_ca }),
    user: row.username,
    adminSecretArn: row.admin_secret_arn,
    migratorSecretArn: row.migrator_secret_arn,
    isNew: row.is_new,
    isBegun: row.is_begun,
    isOurs: row.is_ours,
  };
}
