import { provisionTenantSchema } from '@tenantry/database';
import { applyMigrations, compileMigrations, tenantTarget } from '@tenantry/migrations';
import { newTenantId, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { openTestCluster as openCluster, type AnyDb, type TestCluster } from '@tenantry/testing';
import { inject } from 'vitest';
import { migrationRoots } from './migration-roots.ts';

export type { AnyDb, TestCluster } from '@tenantry/testing';

/** A tenant without a catalog entry, and its own login. */
export interface TestTenant {
  readonly id: TenantId;
  readonly schema: string;
  readonly owner: string;
  readonly password: string;
  readonly db: AnyDb;
}

/** Starts a server that is prepared with the sample application's migrations, and further ones of tenants; `close` removes it. */
export async function openTestCluster(...furtherRoots: readonly string[]): Promise<TestCluster> {
  const compiled = await compileMigrations({ roots: [...migrationRoots, ...furtherRoots] });
  return await openCluster(compiled, { template: inject('serverTemplates').prepared });
}

/** A provisioned tenant; migrated unless told otherwise. */
export async function createTestTenant(
  cluster: TestCluster,
  options: { readonly migrate?: boolean } = {},
): Promise<TestTenant> {
  const id = newTenantId();
  const password = `password-of-${id}`;
  await provisionTenantSchema(cluster.provisioner, id, { password });
  const target = tenantTarget(id);
  if (options.migrate !== false) {
    await applyMigrations(cluster.migrator, target, cluster.compiled.scopes.tenant.migrations);
  }
  const schema = schemaNameOf(id);
  return { id, schema, owner: target.owner, password, db: cluster.openAs(schema, password) };
}
