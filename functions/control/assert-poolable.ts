import { pooledMigrations } from '@tenantry/migrations';
import type { CreateTenantRequest } from '@tenantry/tenancy';
import { compiled } from './environment.ts';

/** Throws `MigrationNotPoolableError` when one of the requests wants shared tables and a migration cannot run on them. */
export function assertPoolable(requests: readonly CreateTenantRequest[]): void {
  if (requests.every(({ pool }) => pool === undefined)) return;
  pooledMigrations(compiled.scopes.tenant.migrations);
}
