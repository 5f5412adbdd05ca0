import type { TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { scramVerifier } from './scram-verifier.ts';

/** Sessions a tenant's role may have at once, its only hard brake. @default 10 */
export const defaultConnectionLimit = 10;

/**
 * Makes a tenant's two roles and its schema, as `platform_provisioner`. Run again it repairs what is missing and sets the password
 * anew.
 */
export async function provisionTenantSchema(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  options: { readonly password: string; readonly connectionLimit?: number },
): Promise<void> {
  const verifier = await scramVerifier(options.password);
  const limit = options.connectionLimit ?? defaultConnectionLimit;
  await retryCatalogRace(() =>
    sql`select tenantry.provision_schema(${id}, ${verifier}, cast(${limit} as integer))`.execute(
      provisioner,
    ),
  );
}

/** Takes a tenant's rights away at once and ends its sessions: from the answer on, no statement of the tenant succeeds. */
export async function suspendTenantSchema(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  await retryCatalogRace(() => sql`select tenantry.suspend_schema(${id})`.execute(provisioner));
  await sql`select tenantry.end_sessions(${id})`.execute(provisioner);
}

/** Drops a tenant's schema with everything in it, and both roles. Dropping what is gone is no error. */
export async function dropTenantSchema(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  await sql`select tenantry.end_sessions(${id})`.execute(provisioner);
  await retryCatalogRace(() => sql`select tenantry.drop_schema(${id})`.execute(provisioner));
}
