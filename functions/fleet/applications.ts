import type {
  CdkCustomResourceIsCompleteEvent,
  CdkCustomResourceIsCompleteResponse,
  CdkCustomResourceResponse,
  CloudFormationCustomResourceEvent,
} from 'aws-lambda';
import { listDedicatedTenants } from '@tenantry/tenancy';
import { ApplicationStacks } from '../applications/application-stacks.ts';
import { describeFailedUpdates } from '../applications/describe-failed-updates.ts';
import { updateApplications } from '../applications/update-applications.ts';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';

const environment = readEnvironment(
  'stage',
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'applicationTemplateUrl',
  'applicationRoleArn',
);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
const stacks = new ApplicationStacks({
  stage: environment.stage,
  templateUrl: environment.applicationTemplateUrl,
  roleArn: environment.applicationRoleArn,
});

/** Notes when this deployment comes to dedicated tenants' applications. The deletion of the platform's stack leaves them, as it leaves the clusters. */
export function onEvent(
  event: CloudFormationCustomResourceEvent,
): Promise<CdkCustomResourceResponse> {
  const answer = { PhysicalResourceId: 'applications' };
  if (event.RequestType === 'Delete') return Promise.resolve(answer);
  return Promise.resolve({ ...answer, Data: { since: new Date().toISOString() } });
}

/** CloudFormation gives up after an hour without a word; before that the deploy fails by itself and says which applications go on. */
const budgetMs = 55 * 60_000;

/**
 * Whether all dedicated tenants' applications are at this build, which it brings them to, a few with each call. Throws, naming tenants and
 * CloudFormation's reasons, when some could not be, and when it takes longer than a deploy may.
 */
export async function isComplete(
  event: CdkCustomResourceIsCompleteEvent,
): Promise<CdkCustomResourceIsCompleteResponse> {
  const begun: unknown = event.Data?.['since'];
  if (typeof begun !== 'string') return { IsComplete: true };
  const since = new Date(begun);
  const tenants = await listDedicatedTenants(catalog);
  const state = await updateApplications({ tenants, stacks, since });
  const isLate = Date.now() - since.getTime() > budgetMs;
  if (state.open.length > 0 && !isLate) return { IsComplete: false };
  if (state.open.length === 0 && state.failed.length === 0) return { IsComplete: true };
  throw new Error(describeFailedUpdates(state));
}
