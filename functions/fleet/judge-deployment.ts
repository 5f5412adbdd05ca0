import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { RunView } from '@tenantry/tenancy';

/** What a deployment makes of its run: it is over, well or not, or still to be waited for. */
export type DeploymentState = 'succeeded' | 'failed' | 'open';

/**
 * The run is what counts: it may be paused, and resumed by another execution than the one the deployment started. An execution that was
 * broken off closes no run; one that ended well without a run had nothing to do.
 */
export function judgeDeployment(
  execution: ExecutionStatus | undefined,
  run: Pick<RunView, 'status'> | undefined,
): DeploymentState {
  if (run?.status === 'succeeded') return 'succeeded';
  if (run?.status === 'failed' || run?.status === 'cancelled') return 'failed';
  if (['ABORTED', 'FAILED', 'TIMED_OUT'].includes(execution ?? '')) return 'failed';
  return run === undefined && execution === 'SUCCEEDED' ? 'succeeded' : 'open';
}
