import {
  ownerNameOf,
  poolOwnerOf,
  poolSchemaOf,
  schemaNameOf,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import type { MigrationTarget } from './apply-migrations.ts';

/** The schema of one tenant. */
export function tenantTarget(id: TenantId): MigrationTarget {
  const schema = schemaNameOf(id);
  return { schema, owner: ownerNameOf(id), hideLedgerFrom: [schema] };
}

/** The schema whose tables the tenants of a pool share. */
export function poolTarget(pool: PoolName): MigrationTarget {
  const schema = poolSchemaOf(pool);
  return { schema, owner: poolOwnerOf(pool), hideLedgerFrom: [schema], tenants: schema };
}

/** The schemas that exist once: the platform's catalog, the shared one and the operator's own site. */
export const staticTargets = {
  catalog: { schema: 'catalog', owner: 'o_catalog', hideLedgerFrom: ['catalog_writer'] },
  shared: { schema: 'shared', owner: 'o_shared', hideLedgerFrom: ['app_tenants'] },
  site: { schema: 'site', owner: 'o_site', hideLedgerFrom: ['site'] },
} as const satisfies Record<string, MigrationTarget>;
