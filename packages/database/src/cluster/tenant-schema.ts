import { schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { scramVerifier } from './scram-verifier.ts';
import { assertNoViolations, findViolations } from './verify-privileges.ts';

/** Sessions a tenant's role may have at once, its only hard brake. @default 10 */
export const defaultConnectionLimit = 10;

/** How a tenant's role logs in. */
export interface ProvisionOptions {
  readonly password: string;
  /** @default defaultConnectionLimit */
  readonly connectionLimit?: number;
}

/**
 * Makes a tenant's two roles and its schema, as `platform_provisioner`. Run again it repairs what is missing and sets the password
 * anew.
 */
export async function provisionTenantSchema(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  options: ProvisionOptions,
): Promise<void> {
  const provision = await provisionCall(id, options);
  await retryCatalogRace(() => sql`select ${provision}`.execute(provisioner));
}

/**
 * The same, and reads back in the same round trip what the role can really do. Throws `PrivilegesNotEffectiveError` naming every
 * difference to what it may.
 */
export async function provisionAndVerifySchema(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  options: ProvisionOptions,
): Promise<void> {
  const provision = await provisionCall(id, options);
  const call = sql<{ violations: readonly string[] }>`
    select case when ${provision} then ${findViolations(id)} end as violations`;
  const { rows } = await retryCatalogRace(() => call.execute(provisioner));
  assertNoViolations(id, rows[0]?.violations);
}

async function provisionCall(
  id: TenantId,
  options: ProvisionOptions,
): Promise<RawBuilder<boolean>> {
  const verifier = await scramVerifier(options.password);
  const limit = options.connectionLimit ?? defaultConnectionLimit;
  return sql`tenantry.provision_schema(${id}, ${verifier}, cast(${limit} as integer))`;
}

/**
 * Gives a tenant whose data is elsewhere a login in the home database, where it reads what all tenants share and has nothing of its own.
 * Run again it sets the password anew. `suspendTenantSchema` and `dropTenantSchema` take it away.
 */
export async function provisionSharedLogin(
  provisioner: QueryExecutorProvider,
  id: TenantId,
  { password, connectionLimit = defaultConnectionLimit }: ProvisionOptions,
): Promise<void> {
  const verifier = await scramVerifier(password);
  const call = sql`select tenantry.provision_shared_login(${id}, ${verifier}, cast(${connectionLimit} as integer))`;
  await retryCatalogRace(() => call.execute(provisioner));
}

/** Lets a dedicated tenant's login in the home database see where its own hosts lead; all other tenants' logins see nothing of the catalog. */
export async function admitToOwnRoute(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  const grant = sql`grant app_dedicated to ${sql.id(schemaNameOf(id))}`;
  await retryCatalogRace(() => grant.execute(provisioner));
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
