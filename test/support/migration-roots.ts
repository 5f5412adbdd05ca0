import { fileURLToPath } from 'node:url';
import config from '../../tenantry.config.ts';

/** The folders of all migrations of this repository. */
export const migrationRoots: readonly string[] = config.migrations.map((path) =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url)),
);
