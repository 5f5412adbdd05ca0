import { readCompiledMigrations } from '../compiled-migrations.ts';
import { readEnvironment } from '../environment.ts';
import { openFleet } from '../fleet/fleet.ts';

/** The migrations that the function knows. */
export const compiled = readCompiledMigrations();

/** The clusters as `platform_migrator`, and the catalog as `catalog_writer`. */
export const fleet = openFleet(
  readEnvironment('clusterArn', 'database', 'migratorSecretArn', 'catalogWriterSecretArn'),
  compiled,
);
