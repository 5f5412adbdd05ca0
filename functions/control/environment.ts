import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';

/** Where the control function's catalog and state machines are. */
export const environment = readEnvironment(
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'baseDomain',
  'createTenantMachineArn',
  'createTenantsMachineArn',
  'deleteTenantMachineArn',
  'suspendTenantMachineArn',
  'resumeTenantMachineArn',
  'migrateFleetMachineArn',
);

/** The catalog as `catalog_writer`. */
export const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

/** The migrations that the control function knows. */
export const compiled = readCompiledMigrations();
