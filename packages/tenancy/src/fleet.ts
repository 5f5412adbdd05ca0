/** Which tenants a run works on. Exactly one form; there is no form that means "all" by leaving things out. */
export type FleetSelection = { readonly all: true } | { readonly tenantIds: readonly string[] };

/** The input of the workflow `migrate-fleet`. */
export interface MigrateFleetRequest {
  /** Hash of the compiled migrations the run brings tenants to; a function with other migrations refuses the run. */
  readonly hash: string;
  readonly selection: FleetSelection;
  /** `deploy` for the custom resource, `operator` for the command line. */
  readonly reason: 'deploy' | 'operator';
  readonly actor: string;
}

/** The state of `migrate-fleet` after `start-run`: a run to work on, or nothing to do. */
export interface StartRunResult {
  readonly runId: string;
  readonly decision: 'go' | 'nothing';
}

/** The state after `next-wave`: at most some thousand ids, or `done` when no wave is left. */
export interface NextWaveResult {
  readonly runId: string;
  readonly decision: 'go' | 'done';
  readonly wave: number;
  readonly tenantIds: readonly string[];
}

/** What ItemBatcher hands to `migrate-tenants`. */
export interface MigrateTenantsBatch {
  readonly BatchInput: { readonly runId: string };
  readonly Items: readonly string[];
}

/** The state after `judge-wave`: the threshold was passed (`halt`), or the next wave may start. */
export interface JudgeWaveResult {
  readonly runId: string;
  readonly decision: 'continue' | 'halt';
}

/** The output of `migrate-fleet`: small, whatever the number of tenants. */
export interface FleetRunResult {
  readonly runId: string;
  readonly status: 'succeeded' | 'failed';
  readonly total: number;
  readonly migrated: number;
  readonly failed: number;
}
