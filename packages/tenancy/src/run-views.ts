import type { RunChange, RunPace, RunStatus } from './fleet.ts';
import type { TenantFailure } from './lifecycle.ts';
import type { VersionCorrection } from './migration-views.ts';
import type { LeftOutTarget, TargetScope } from './targets.ts';

/** One run and what became of its tenants; `failures` holds the first ones, `failed` the count of all. */
export interface RunView {
  readonly id: string;
  readonly status: RunStatus;
  readonly reason: string;
  readonly actor: string;
  readonly hash: string;
  readonly change: RunChange;
  readonly pace: RunPace;
  readonly retryOf: string | null;
  readonly total: number;
  readonly migrated: number;
  readonly failed: number;
  /** Left alone, as the run was cancelled or they were nothing for it. */
  readonly skipped: number;
  /** Tenants at work now. */
  readonly working: number;
  readonly waves: readonly {
    readonly wave: number;
    readonly total: number;
    readonly migrated: number;
    readonly failed: number;
    /** Slugs, of the canary only. */
    readonly tenants?: readonly string[];
    readonly seconds: number | null;
  }[];
  /** Tenants that the selection meant and the run leaves out, with the reason; the first ones. */
  readonly leftOut: readonly LeftOutTarget[];
  /** Tenants of whom the catalog knew something else than their ledgers say, until this run set it right; the first ones. */
  readonly corrected?: readonly VersionCorrection[];
  readonly startAt: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly failures: readonly RunFailureView[];
  /** Why the run ended although no tenant failed: a schema that exists once could not be migrated, a function could not be called. */
  readonly failure?: TenantFailure | null;
  /** What was done to the schemas that exist once; only those that the run's selector names. */
  readonly statics?: readonly {
    readonly scope: TargetScope;
    readonly applied: readonly string[];
  }[];
}

/** Why a tenant failed in a run. */
export interface RunFailureView {
  readonly slug: string;
  readonly migration: string | null;
  readonly statement: number | null;
  readonly line: number | null;
  /** The failing statement. */
  readonly sql: string | null;
  readonly sqlstate: string | null;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
}

/** One tenant's part of a run. */
export interface RunItemView {
  readonly slug: string;
  readonly tenantId: string;
  readonly wave: number;
  readonly status: 'pending' | 'working' | 'migrated' | 'failed' | 'skipped';
  readonly from: string | null;
  readonly to: string | null;
  /** Migrations applied, or taken back, in order. */
  readonly applied: readonly string[];
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly milliseconds: number | null;
  readonly failure: RunFailureView | null;
}

/** What a run would do, before it starts. */
export interface RunPlanView {
  readonly hash: string;
  /** Tenants that the run would change. */
  readonly total: number;
  /** Tenants that are where the run would bring them. */
  readonly current: number;
  readonly canary: readonly { readonly slug: string; readonly reason: string }[];
  /** Tenants per wave after the canary. */
  readonly waves: readonly number[];
  readonly concurrency: number;
  readonly maxFailures: number | null;
  readonly leftOut: readonly LeftOutTarget[];
  /** Tenants by the version they are at, and what each group would get. */
  readonly groups: readonly {
    readonly from: string | null;
    readonly tenants: number;
    /** The tables that they all share, and that are changed once; null for tenants with tables of their own. */
    readonly pool: string | null;
    readonly migrations: readonly string[];
  }[];
  readonly estimate: { readonly seconds: number; readonly dollars: number };
}
