import {
  describeFailure,
  findRunOfExecution,
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
  'finish-run': async ({ runId, failure }: RunState, execution) => {
    const described = failure === undefined ? undefined : describeFailure(failure);
    // A workflow whose first step failed does not know its run.
    const run = runId ?? (await findRunOfExecution(catalog, execution));
    if (run !== undefined) return await finishRun(catalog, run, described);
    return { runId: null, status: 'failed', total: 0, migrated: 0, failed: 0 };
  },
});
