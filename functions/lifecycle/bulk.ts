import { randomUUID } from 'node:crypto';
import { createSecretsClient, deleteSecret, readCredentials } from '@tenantry/database';
import type { CreationWorkerInput } from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openAt } from '../customer-servers.ts';
import { openAs, openCatalog, openForDdl } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { runCreationWorker, type CreationWorkerResult } from './creation-worker.ts';
import { migratorSteps } from './migrator-steps.ts';
import { addressOf } from './place.ts';
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

const steps = {
  ...registrySteps(catalog),
  ...secretsSteps({
    client,
    place: { prefix: environment.tenantSecretPrefix, stage: environment.stage },
  }),
  ...provisionerSteps({
    openProvisioner: (place) =>
      openAs(addressOf(environment, place), (place.cluster ?? environment).provisionerSecretArn),
    catalog,
    readCredentials: async (secretArn) => await readCredentials(client, secretArn),
    deleteSecret: async (secretArn) => await deleteSecret(client, secretArn),
  }),
  ...migratorSteps({
    openMigrator: (place) =>
      openForDdl(addressOf(environment, place), (place.cluster ?? environment).migratorSecretArn),
    scope: readCompiledMigrations().scopes.tenant,
  }),
  ...tenantSteps({
    openTables: ({ secretArn, place, pool }) =>
      openTenantTables(addressOf(environment, place), { secretArn, home: environment, pool }),
    withLogin: async ({ secretArn, place }, fn) =>
      await fn(openAt(addressOf(environment, place), secretArn)),
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
