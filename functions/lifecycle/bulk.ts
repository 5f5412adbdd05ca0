import { randomUUID } from 'node:crypto';
import { createSecretsClient, readCredentials } from '@tenantry/database';
import type { CreationWorkerInput } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openAs, openCatalog, openForDdl } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { runCreationWorker, type CreationWorkerResult } from './creation-worker.ts';
import { migratorSteps } from './migrator-steps.ts';
import { provisionerSteps } from './provisioner-steps.ts';
import { secretsSteps } from './secrets-steps.ts';
import { registrySteps } from './registry-steps.ts';
import { tenantSteps } from './tenant-steps.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'provisionerSecretArn',
  'migratorSecretArn',
  'tenantSecretPrefix',
);
// Secrets Manager makes 50 secrets a second; beyond that it asks to come back later.
const client = createSecretsClient({ retryMode: 'adaptive', maxAttempts: 8 });
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

const addressOf = (database: string | null) =>
  database === null ? environment : { ...environment, database };

const steps = {
  ...registrySteps(catalog),
  ...secretsSteps({
    client,
    place: { prefix: environment.tenantSecretPrefix, stage: environment.stage },
  }),
  ...provisionerSteps({
    provisioner: openAs(environment, environment.provisionerSecretArn),
    openDatabase: (database) =>
      openAs({ ...environment, database }, environment.provisionerSecretArn),
    catalog,
    readCredentials: async (secretArn) => await readCredentials(client, secretArn),
  }),
  ...migratorSteps({
    migrator: openForDdl(environment, environment.migratorSecretArn),
    openDatabase: (database) =>
      openForDdl({ ...environment, database }, environment.migratorSecretArn),
    scope: readCompiledMigrations().scopes.tenant,
  }),
  ...tenantSteps({
    openTables: ({ secretArn, database }) =>
      openTenantTables(addressOf(database), { secretArn, home: environment }),
    withLogin: async ({ secretArn, database }, fn) =>
      await fn(openAs(addressOf(database), secretArn)),
  }),
};

const lanes = 6;
const leaseSeconds = 30;
// A tenant takes well under a second; what is begun must also end, with its undo and retries, before the function's time does.
const reserveMs = 60_000;

/** One of the workers of a bulk creation; it has the rights of all lifecycle workers together, because it does all of their steps. */
export async function handler(
  { creation, worker }: CreationWorkerInput,
  context: { readonly getRemainingTimeInMillis: () => number },
): Promise<CreationWorkerResult> {
  return await runCreationWorker({
    catalog,
    steps,
    lanes,
    worker: { creation, name: `${worker}-${randomUUID()}`, leaseSeconds },
    hasTime: () => context.getRemainingTimeInMillis() > reserveMs,
  });
}
