import type { CreateTenantRequest, TenantFailure } from './lifecycle.ts';

/** One tenant of a file, and the line it stands on. */
export interface CreationRow {
  readonly line: number;
  readonly request: CreateTenantRequest;
}

/** Why a line of a file cannot be created; the line is 1-based. */
export interface CreationProblem {
  readonly line: number;
  readonly field: string;
  readonly reason: string;
  /** The slug is another tenant's, so that leaving the line out would help. */
  readonly isTaken: boolean;
}

/** The input of the workflow `create-tenants`: its size does not depend on the number of tenants. */
export interface CreateTenantsState {
  readonly creation: string;
  /** One element for each worker at work at once. */
  readonly workers: readonly number[];
}

/** What a worker is called with. */
export interface CreationWorkerInput {
  readonly creation: string;
  readonly worker: number;
}

/** The state after `judge-creation`: go round again at once or after a lease has ended, or end. */
export interface JudgeCreationResult extends CreateTenantsState {
  readonly decision: 'go' | 'wait' | 'succeeded' | 'failed';
  /** With `wait`. */
  readonly seconds: number;
}

/** A tenant that could not be created; nothing is left of it but its entry in the catalog. */
export interface CreationFailureView extends TenantFailure {
  readonly line: number;
  readonly slug: string;
}

/** Many tenants created at once, and how far that is; `failures` holds the first ones. */
export interface CreationView {
  readonly id: string;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly actor: string;
  readonly total: number;
  readonly created: number;
  readonly failed: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly failures: readonly CreationFailureView[];
}
