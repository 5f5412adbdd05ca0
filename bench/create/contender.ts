import type { TestCluster } from '@tenantry/testing';
import type { CompiledMigration } from '@tenantry/migrations';
import type { TenantId } from '@tenantry/tenancy';

/** What a way of creating works with. */
export interface CreatePlace {
  readonly cluster: TestCluster;
  /** As `platform_provisioner` in any database of the cluster. */
  readonly openProvisioner: (database: string) => TestCluster['provisioner'];
  /** As `platform_migrator` in any database of the cluster. */
  readonly openMigrator: (database: string) => TestCluster['migrator'];
  readonly migrations: readonly CompiledMigration[];
}

/** One way of creating a tenant: roles, schema or database, and all migrations. */
export interface CreateContender {
  readonly name: string;
  readonly isolation: 'schema' | 'database';
  readonly create: (id: TenantId) => Promise<void>;
}
