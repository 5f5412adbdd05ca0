/**
 * What can be done with a stack: one that is `ready` serves its tenant, one that is `failed` was never whole or could not be removed, and
 * CloudFormation is at work on the others.
 */
export type StackPhase = 'creating' | 'updating' | 'ready' | 'rolling-back' | 'failed' | 'removing';

const phases: Readonly<Record<string, StackPhase>> = {
  REVIEW_IN_PROGRESS: 'creating',
  CREATE_IN_PROGRESS: 'creating',
  CREATE_COMPLETE: 'ready',
  CREATE_FAILED: 'failed',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_COMPLETE: 'failed',
  ROLLBACK_FAILED: 'failed',
  UPDATE_IN_PROGRESS: 'updating',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'updating',
  UPDATE_ROLLBACK_IN_PROGRESS: 'updating',
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: 'updating',
  UPDATE_COMPLETE: 'ready',
  UPDATE_FAILED: 'ready',
  UPDATE_ROLLBACK_COMPLETE: 'ready',
  UPDATE_ROLLBACK_FAILED: 'ready',
  DELETE_IN_PROGRESS: 'removing',
  DELETE_FAILED: 'failed',
};

/** The phase behind a status that CloudFormation gives a stack; throws `TypeError` for one that no stack of ours can have. */
export function phaseOf(status: string | undefined): StackPhase {
  const phase = phases[status ?? ''];
  if (phase !== undefined) return phase;
  throw new TypeError(`a tenant's stack has the status ${status ?? 'of none'}`);
}
