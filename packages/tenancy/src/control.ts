import type { CreateTenantRequest, TenantFailure } from './lifecycle.ts';
import type { TenancyErrorCode } from './errors.ts';

/** A tenant as operators see it; dates are ISO 8601 in UTC. */
export interface TenantView {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly isolation: string;
  /** All host names, the primary one first. */
  readonly domains: readonly string[];
  /** Id of the last applied tenant migration, `polls/0001_initial`; null before the first. */
  readonly version: string | null;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly createdAt: string;
  readonly statusSince: string;
  readonly failure: TenantFailure | null;
}

/** One tenant's place in the migrations. */
export interface TenantVersionView {
  readonly slug: string;
  readonly status: string;
  readonly version: string | null;
  readonly isCurrent: boolean;
}

/** One run and what became of its tenants; `failures` holds the first ones, `failed` the count of all. */
export interface RunView {
  readonly id: string;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly reason: string;
  readonly hash: string;
  readonly total: number;
  readonly migrated: number;
  readonly failed: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly failures: readonly {
    readonly slug: string;
    readonly migration: string | null;
    readonly statement: number | null;
    readonly sqlstate: string | null;
    readonly message: string;
  }[];
}

/** What the control function can be asked, by `action`, and what it answers. */
export interface ControlActions {
  /** Validates, checks the catalog and starts `create-tenant`; the same request twice gives one execution. */
  'create-tenant': {
    readonly input: Partial<Omit<CreateTenantRequest, 'slug' | 'actor'>> & {
      readonly slug: string;
      readonly actor: string;
    };
    readonly result: { readonly slug: string; readonly executionArn: string };
  };
  'list-tenants': {
    readonly input: Record<string, never>;
    readonly result: { readonly tenants: readonly TenantView[] };
  };
  /** `reference` is a slug or an id. */
  'show-tenant': {
    readonly input: { readonly reference: string };
    readonly result: { readonly tenant: TenantView };
  };
  /** Starts `delete-tenant`. */
  'delete-tenant': {
    readonly input: { readonly reference: string; readonly actor: string };
    readonly result: { readonly tenant: TenantView; readonly executionArn: string };
  };
  /** Starts `migrate-fleet` for all tenants or for the named ones (slugs or ids). */
  'migrate-up': {
    readonly input: {
      readonly all?: boolean;
      readonly references?: readonly string[];
      readonly actor: string;
    };
    readonly result: { readonly executionArn: string; readonly execution: string };
  };
  /** The known migrations in order, and where each tenant stands. */
  'migrate-status': {
    readonly input: { readonly references?: readonly string[] };
    readonly result: {
      readonly migrations: readonly string[];
      readonly tenants: readonly TenantVersionView[];
    };
  };
  /** The run of an execution of `migrate-fleet`, by the execution's name or the run's id; null while it has not started. */
  'show-run': {
    readonly input: { readonly run?: string; readonly execution?: string };
    readonly result: { readonly run: RunView | null };
  };
}

/** One of the control function's actions. */
export type ControlAction = keyof ControlActions;

/** The payload of an invocation of the control function. */
export type ControlEvent = {
  [Action in ControlAction]: {
    readonly action: Action;
    readonly input: ControlActions[Action]['input'];
  };
}[ControlAction];

/** An error as it travels to CLI and console. */
export interface ControlError {
  readonly code: TenancyErrorCode | 'INTERNAL';
  readonly message: string;
  readonly next?: string;
  /** For input errors: the field that does not fit. */
  readonly field?: string;
}

/** The answer to an action: never a thrown error for something a caller can mend. */
export type ControlAnswer<Action extends ControlAction> =
  | { readonly ok: true; readonly result: ControlActions[Action]['result'] }
  | { readonly ok: false; readonly error: ControlError };
