import {
  createSecretsClient,
  databaseSecretPrefix,
  listSecrets,
  readCredentials,
} from '@tenantry/database';
import {
  applicationStackPrefix,
  homeClusterId,
  recordAudit,
  type AuditActions,
  type Cluster,
} from '@tenantry/tenancy';
import * as z from 'zod';
import { answerAction } from '../answer-action.ts';
import { listApplicationStacks } from '../applications/list-application-stacks.ts';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { auditFleet } from './audit-fleet.ts';
import { openAsMigrator } from './customer-logins.ts';
import { toLogLines } from './to-log-lines.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'auditorSecretArn',
  'catalogWriterSecretArn',
  'tenantSecretPrefix',
  'dedicatedSecretPrefix',
);
const client = createSecretsClient();
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

const inputs = {
  'run-audit': z.object({ actor: z.string().min(1).max(200) }),
} as const satisfies Record<keyof AuditActions, z.ZodType>;

/** The audit of all walls: by night from a schedule, and whenever an operator asks. It keeps and publishes what it finds. */
export const handler = answerAction<AuditActions>(inputs, {
  'run-audit': async ({ actor }) => {
    const audit = await auditFleet({
      catalog,
      actor,
      openDatabase: (cluster, database) =>
        openAs({ clusterArn: cluster.resourceArn, database }, secretArnOf(cluster)),
      withCustomerDatabase: openAsMigrator(async (arn) => await readCredentials(client, arn)),
      secrets: {
        prefixes: {
          shared: environment.tenantSecretPrefix,
          dedicated: environment.dedicatedSecretPrefix,
        },
        customerPrefix: databaseSecretPrefix(environment.stage),
        list: async (prefix) => await listSecrets(client, prefix),
      },
      stacks: { prefix: applicationStackPrefix(environment.stage), list: listApplicationStacks },
    });
    await recordAudit(catalog, audit);
    // A metric's line must stand alone, which the console's time stamp would prevent.
    for (const line of toLogLines(audit, environment.stage)) process.stdout.write(`${line}\n`);
    return { audit };
  },
});

function secretArnOf({ id, auditorSecretArn }: Cluster): string {
  if (id === homeClusterId) return environment.auditorSecretArn;
  if (auditorSecretArn !== undefined) return auditorSecretArn;
  throw new TypeError(`cluster ${id} has no login for audits: add it again`);
}
