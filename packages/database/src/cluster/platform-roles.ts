/** The roles of the platform that log in, each with a secret of its own. */
export const platformRoles = [
  'platform_provisioner',
  'platform_migrator',
  'platform_indexer',
  'catalog_writer',
  'catalog_reader',
  'site',
] as const;

/** One of the platform's own login roles. */
export type PlatformRole = (typeof platformRoles)[number];
