import type { PlatformRole } from '@tenantry/database';

/** Which variable names the secret of which role of the platform. */
export const platformSecretKeys = {
  platform_provisioner: 'provisionerSecretArn',
  platform_migrator: 'migratorSecretArn',
  catalog_writer: 'catalogWriterSecretArn',
  catalog_reader: 'catalogReaderSecretArn',
  site: 'siteSecretArn',
} as const satisfies Record<PlatformRole, string>;
