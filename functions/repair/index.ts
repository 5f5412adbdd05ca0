import { createSecretsClient, readCredentials } from '@tenantry/database';
import {
  findingCodes,
  homeClusterId,
  type Cluster,
  type FindingCode,
  type RepairActions,
} from '@tenantry/tenancy';
import * as z from 'zod';
import { answerAction } from '../answer-action.ts';
import { openAsCustomer, openAsMigrator } from '../audit/customer-logins.ts';
import { openAs, openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { repairFindings } from './repair-findings.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'provisionerSecretArn',
  'catalogWriterSecretArn',
);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

const client = createSecretsClient();
const read = async (secretArn: string) => await readCredentials(client, secretArn);

const codes = Object.keys(findingCodes) as [FindingCode, ...FindingCode[]];
const inputs = {
  'repair-findings': z.object({
    codes: z.array(z.enum(codes)).max(codes.length).optional(),
    actor: z.string().min(1).max(200),
  }),
} as const satisfies Record<keyof RepairActions, z.ZodType>;

/** Repairs what an audit finds, with the provisioner's rights or, on their servers, the customers' own; apart from the audit, which needs none. */
export const handler = answerAction<RepairActions>(inputs, {
  'repair-findings': async (input) =>
    await repairFindings(input, {
      catalog,
      actor: input.actor,
      openDatabase: (cluster, database) =>
        openAs({ clusterArn: cluster.resourceArn, database }, secretArnOf(cluster)),
      withCustomerDatabase: openAsMigrator(read),
      withCustomerLogin: openAsCustomer(read),
    }),
});

function secretArnOf({ id, provisionerSecretArn }: Cluster): string {
  if (id === homeClusterId) return environment.provisionerSecretArn;
  if (provisionerSecretArn !== undefined) return provisionerSecretArn;
  throw new TypeError(`cluster ${id} has no login for repairs: add it again`);
}
