import {
  dropPoolTenant,
  dropTenantDatabase,
  dropTenantSchema,
  suspendPoolTenant,
  suspendTenantSchema,
} from '@tenantry/database';
import type { TestCluster } from '@tenantry/testing';
import type { Citizen } from './citizens.ts';

/** Takes a tenant's rights away, as the step `suspend` does. */
export async function suspendCitizen(
  { provisioner }: TestCluster,
  { id, pool }: Citizen,
): Promise<void> {
  if (pool === undefined) await suspendTenantSchema(provisioner, id);
  else await suspendPoolTenant(provisioner, id, pool);
}

/** Removes a tenant from the server, as the step `drop` does. */
export async function dropCitizen(
  { provisioner }: TestCluster,
  { id, pool }: Citizen,
): Promise<void> {
  if (pool !== undefined) await dropPoolTenant(provisioner, id, { pool });
  await dropTenantDatabase(provisioner, id);
  await dropTenantSchema(provisioner, id);
}
