import {
  findCustomerDatabase,
  findFurtherCluster,
  parseTenantId,
  type CatalogDb,
  type HeldTenantView,
  type PlacedState,
} from '@tenantry/tenancy';

/** What a workflow's state says of a tenant that is there: its place, its login, and whether it is migrated. */
export async function toPlacedState(
  { tenant, secretArn }: HeldTenantView,
  catalog: CatalogDb,
): Promise<PlacedState> {
  const { isolation, pool, version } = tenant;
  const id = parseTenantId(tenant.id);
  const cluster = await findFurtherCluster(catalog, id);
  const database = await findCustomerDatabase(catalog, id);
  const migratorSecretArn = database?.migratorSecretArn ?? undefined;
  return {
    request: { isolation, ...(pool !== null && { pool }), ...(database && { database }) },
    tenantId: id,
    ...(cluster && { cluster }),
    ...(secretArn !== null && { secretArn }),
    ...(migratorSecretArn && { migratorSecretArn }),
    ...(version !== null && { migrated: { version, hash: null } }),
  };
}
