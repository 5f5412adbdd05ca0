import type { TenantId } from '@tenantry/tenancy';

/** The login that changes a tenant's tables in a customer's database: it may become the tenant's owner, and nobody else's. */
export function migratorNameOf(id: TenantId): string {
  return `m_${id}`;
}
