import {
  describeFailure,
  finishRun,
  judgeWave,
  nextWave,
  type WorkflowFailure,
} from '@tenantry/tenancy';
import { openCatalog } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from '../lifecycle/run-step.ts';

const environment = readEnvironment('clusterArn', 'database', 'catalogWriterSecretArn');
const catalog = openCatalog(environment, environment.catalogWriterSecretArn);

interface RunState {
  readonly runId?: string;
  readonly failure?: WorkflowFailure;
}

export const handler = stepHandler({
  'next-wave': async ({ runId = '' }: RunState) => await nextWave(catalog, runId),
  'judge-wave': async ({ runId = '' }: RunState) => await judgeWave(catalog, runId),
  'finish-run': async ({ runId, failure }: RunState) => {
    const described = failure === undefined ? undefined : describeFailure(failure);
    // A workflow that failed before it had a run has nothing to close.
    if (runId === undefined) return { runId: null, status: 'failed', failure: described };
    return await finishRun(catalog, runId, described);
  },
});
