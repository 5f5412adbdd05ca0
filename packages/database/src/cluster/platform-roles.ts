/** The roles of the platform that log in, each with a secret of its own. */
export const platformRoles = [
  'platform_provisioner',
  'platform_migrator',
  'platform_indexer',
  'platform_auditor',
  'catalog_writer',
  'catalog_reader',
  'site',
] as const;

/** Those of them that work on tenants; they are on every cluster. */
export const tenantRoles = [
  'platform_provisioner',
  'platform_migrator',
  'platform_indexer',
  'platform_auditor',
] as const;

/** One of the platform's login roles that work on tenants. */
export type TenantRole = (typeof tenantRoles)[number];

/** One of the platform's own login roles. */
export type PlatformRole = (typeof platformRoles)[number];
