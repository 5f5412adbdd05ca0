import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';

/** Where the control function's catalog and state machines are. */
export const environment = readEnvironment(
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'baseDomain',
  'createTenantMachineArn',
  'deleteTenantMachineArn',
  'migrateFleetMachineArn',
);

/** The catalog as `catalog_writer`. */
export const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
