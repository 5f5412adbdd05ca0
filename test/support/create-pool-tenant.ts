import { copyTemplateRows, provisionPool, provisionPoolTenant } from '@tenantry/database';
import { applyMigrations, poolTarget, type CompiledMigration } from '@tenantry/migrations';
import {
  newTenantId,
  poolSchemaOf,
  schemaNameOf,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import type { AnyDb, TestCluster } from './open-test-cluster.ts';

/** A tenant of a pool without a catalog entry, and its own login. */
export interface PoolTenant {
  readonly id: TenantId;
  readonly role: string;
  readonly pool: PoolName;
  readonly schema: string;
  readonly password: string;
  readonly db: AnyDb;
}

/** A tenant of a pool that has these migrations, in the form for shared tables; the pool is made when it is not there. */
export async function createPoolTenant(
  cluster: TestCluster,
  pool: PoolName,
  migrations: readonly CompiledMigration[],
): Promise<PoolTenant> {
  const id = newTenantId();
  const password = `password-of-${id}`;
  await provisionPool(cluster.provisioner, pool);
  await provisionPoolTenant(cluster.provisioner, id, { pool, password });
  await applyMigrations(cluster.migrator, poolTarget(pool), migrations);
  await copyTemplateRows(cluster.migrator, id, pool);
  const role = schemaNameOf(id);
  const db = cluster.openAs(role, password, { maxSessions: 2 });
  return { id, role, pool, schema: poolSchemaOf(pool), password, db };
}
