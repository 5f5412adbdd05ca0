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
  'lifecycle/launcher',
  'lifecycle/provisioner',
  'lifecycle/migrator',
  'lifecycle/tenant',
  'lifecycle/bulk',
  'fleet/migrator',
  'fleet/coordinator',
  'fleet/on-deploy',
  'fleet/applications',
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

/**
 * Entries whose bundle is in several files, so that what is loaded on demand (the clients of caches, a driver for customers' servers) costs
 * their start nothing. Each takes a build of its own, which costs the synthesis a third of a second.
 */
export const entriesInParts: readonly FunctionEntry[] = ['api/index', 'lifecycle/tenant'];

/** Gives the deployable code of an entry; the handler's file in it is `index.mjs`. */
export type FunctionCode = (entry: FunctionEntry) => Code;
