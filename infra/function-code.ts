import type { Code } from 'aws-cdk-lib/aws-lambda';

/** All entry files of functions, relative to `functions/` and without `.ts`. */
export const functionEntries = [
  'api/index',
  'site/index',
  'control/index',
  'migrations/index',
  'clusters/index',
  'audit/index',
  'repair/index',
  'isolation-check/index',
  'lifecycle/registry',
  'lifecycle/secrets',
  'lifecycle/provisioner',
  'lifecycle/migrator',
  'lifecycle/tenant',
  'lifecycle/bulk',
  'fleet/migrator',
  'fleet/coordinator',
  'fleet/on-deploy',
  'fleet/prepare-cluster',
] as const;

/** One of the entry files. */
export type FunctionEntry = (typeof functionEntries)[number];

/** Entries whose bundle holds the compiled migrations as `migrations.json` beside `index.mjs`. */
export const entriesWithMigrations: readonly FunctionEntry[] = [
  'control/index',
  'migrations/index',
  'lifecycle/migrator',
  'lifecycle/bulk',
  'fleet/migrator',
  'fleet/on-deploy',
  'fleet/prepare-cluster',
];

/** Gives the deployable code of an entry; the handler's file in it is `index.mjs`. */
export type FunctionCode = (entry: FunctionEntry) => Code;
