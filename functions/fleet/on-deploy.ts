import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type {
  CdkCustomResourceIsCompleteEvent,
  CdkCustomResourceIsCompleteResponse,
  CdkCustomResourceResponse,
  CloudFormationCustomResourceEvent,
} from 'aws-lambda';
import {
  findRun,
  getReleaseState,
  recordRelease,
  type MigrateFleetRequest,
} from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { describeFailedRun } from './describe-failed-run.ts';
import { judgeDeployment } from './judge-deployment.ts';

const environment = readEnvironment(
  'clusterArn',
  'database',
  'catalogWriterSecretArn',
  'migrateFleetMachineArn',
);
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);
const client = new SFNClient({});
const compiled = readCompiledMigrations();

/**
 * Starts `migrate-fleet` when anything is behind this build's migrations. A rollback (a set that another one came after) and the
 * deletion of the stack start nothing: a schema never goes backwards by itself.
 */
export async function onEvent(
  event: CloudFormationCustomResourceEvent,
): Promise<CdkCustomResourceResponse> {
  const answer = { PhysicalResourceId: 'fleet' };
  if (event.RequestType === 'Delete') return answer;
  const { hash, scopes } = compiled;
  const { shared, site, tenant } = scopes;
  const state = await getReleaseState(catalog, {
    hash,
    shared: shared.hash,
    site: site.hash,
    tenant: tenant.hash,
  });
  if (state.position === 'older') return answer;
  if (state.position === 'new') await recordRelease(catalog, hash);
  if (state.behind === 0) return answer;
  const request: MigrateFleetRequest = {
    hash,
    selector: { scopes: ['shared', 'site', 'tenant'], all: true },
    change: { kind: 'up' },
    pace: {},
    reason: 'deploy',
    actor: 'deploy',
  };
  const execution = await client.send(
    new StartExecutionCommand({
      stateMachineArn: environment.migrateFleetMachineArn,
      // The request's id is the same when CloudFormation delivers the event twice, and another one at the next deploy.
      name: `deploy-${hash.slice(0, 16)}-${event.RequestId}`.slice(0, 80),
      input: JSON.stringify(request),
    }),
  );
  return { ...answer, Data: { executionArn: execution.executionArn } };
}

/** CloudFormation gives up after an hour without a word; before that the deploy fails by itself and says which run goes on. */
const budgetMs = 55 * 60_000;

/**
 * Whether the run has ended; throws, naming the run and its first failed tenants, when it failed or was cancelled, and when it takes
 * longer than a deploy may. The run then goes on, and the next deploy joins it. A run that is paused is waited for.
 */
export async function isComplete(
  event: CdkCustomResourceIsCompleteEvent,
): Promise<CdkCustomResourceIsCompleteResponse> {
  const executionArn: unknown = event.Data?.['executionArn'];
  if (typeof executionArn !== 'string') return { IsComplete: true };
  const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
  const run = await findRun(catalog, { execution: execution.name ?? '' });
  const state = judgeDeployment(execution.status, run);
  if (state === 'succeeded') return { IsComplete: true };
  const elapsedMs = Date.now() - (execution.startDate?.getTime() ?? Date.now());
  const isOpen = state === 'open';
  if (isOpen && elapsedMs < budgetMs) return { IsComplete: false };
  throw new Error(describeFailedRun({ execution, isOpen, ...(run === undefined ? {} : { run }) }));
}
