import type { HealthActions } from './health-views.ts';
import type {
  CheckFinding,
  MigrationRisk,
  PoolView,
  TenantHistoryView,
  UnreadTenant,
  VersionCorrection,
} from './migration-views.ts';
import type { RunItemView, RunPlanView, RunView } from './run-views.ts';
import type { CreationProblem, CreationView } from './creation.ts';
import type { CustomerDatabase } from './customer-database.ts';
import type { CreateTenantRequest } from './lifecycle.ts';
import type { ClusterListActions } from './cluster-views.ts';
import type { TenancyErrorCode } from './errors.ts';
import type { RunChange, RunPace } from './fleet.ts';
import type { SuspensionActions } from './suspension-actions.ts';
import type { TargetSelector, TargetsView } from './targets.ts';
import type { TenantRoute } from './tenant.ts';
import type { TenantVersionView, TenantView } from './tenant-view.ts';

/** What the control function can be asked, by `action`, and what it answers. */
export interface ControlActions extends ClusterListActions, HealthActions, SuspensionActions {
  /** Validates, checks the catalog and starts `create-tenant`; the same request twice gives one execution. */
  'create-tenant': {
    readonly input: Partial<Omit<CreateTenantRequest, 'slug' | 'actor' | 'database'>> & {
      readonly slug: string;
      /** With isolation `database`; left out, port is 5432 and TLS is wanted unless the server is this machine. */
      readonly database?: Pick<
        CustomerDatabase,
        'host' | 'name' | 'user' | 'adminSecretArn' | 'isNew'
      > &
        Partial<Pick<CustomerDatabase, 'port' | 'tls' | 'tlsCa'>>;
      readonly actor: string;
    };
    readonly result: { readonly slug: string; readonly executionArn: string };
  };
  /** Enters a tenant without making anything behind it; `create-tenant` with its slug does that later. */
  'record-tenant': {
    readonly input: ControlActions['create-tenant']['input'];
    readonly result: { readonly tenant: TenantView };
  };
  /**
   * Claims all slugs and domains of up to 5,000 tenants and starts `create-tenants`, or joins the execution that is creating the same
   * ones. Nothing is claimed or started when a single line does not fit.
   */
  'create-tenants': {
    readonly input: {
      readonly tenants: readonly (Partial<Omit<CreateTenantRequest, 'actor'>> & {
        readonly slug: string;
        /** Where in its file it stands; problems and failures are named by it. */
        readonly line: number;
      })[];
      /** @default false */
      readonly skipExisting?: boolean;
      readonly actor: string;
    };
    readonly result:
      | { readonly status: 'refused'; readonly problems: readonly CreationProblem[] }
      | {
          readonly status: 'started';
          /** Null, with `executionArn`, when every line was skipped. */
          readonly creation: string | null;
          readonly executionArn: string | null;
          readonly total: number;
          readonly skipped: readonly { readonly line: number; readonly slug: string }[];
        };
  };
  'show-creation': {
    readonly input: { readonly creation: string };
    readonly result: { readonly creation: CreationView };
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
  /** Where a tenant's data is and which secret opens it. Throws for a tenant that has no schema yet, or none any more. */
  'show-route': {
    readonly input: { readonly reference: string };
    /** `home` is where what all tenants share is. */
    readonly result: {
      readonly route: TenantRoute;
      readonly home: { readonly clusterArn: string; readonly database: string };
    };
  };
  /** Starts `delete-tenant`. */
  'delete-tenant': {
    readonly input: {
      readonly reference: string;
      /** Leaves the server as it is that the customer brought along, for one that is gone for good. @default false */
      readonly leaveDatabase?: boolean | undefined;
      readonly actor: string;
    };
    readonly result: { readonly tenant: TenantView; readonly executionArn: string };
  };
  /** The schemas a selector picks; runs nothing. */
  'list-targets': {
    readonly input: { readonly selector: TargetSelector };
    readonly result: TargetsView;
  };
  /** Starts `migrate-fleet`, or joins the run that does the same. Throws when a retry's migrations were changed since. */
  'start-run': {
    readonly input: {
      readonly selector: TargetSelector;
      readonly change: RunChange;
      readonly pace: RunPace;
      /** Asks the tenants' own ledgers whom the run is for, and sets the catalog right. @default - only those of tenants that are named */
      readonly verify?: true;
      /** Takes the failed tenants of this run; `selector` is then `{ failedIn }`. */
      readonly retryOf?: string;
      /** Ids of migrations that may differ from the ones the retried run had. */
      readonly withChanges?: readonly string[];
      readonly actor: string;
    };
    readonly result: { readonly executionArn: string; readonly execution: string };
  };
  /** `pause` lets tenants at work finish and starts no further one; `resume` goes on; `cancel` ends the run for good. */
  'control-run': {
    readonly input: {
      readonly run: string;
      readonly command: 'pause' | 'resume' | 'cancel';
      readonly actor: string;
    };
    readonly result: { readonly run: RunView; readonly executionArn: string | null };
  };
  /** The newest runs first. */
  'list-runs': {
    readonly input: { readonly limit?: number };
    readonly result: { readonly runs: readonly RunView[] };
  };
  /** A run's tenants: those whose part ended at or after a time, or by status; by end, then slug. */
  'list-run-items': {
    readonly input: {
      readonly run: string;
      readonly endedSince?: string;
      readonly status?: RunItemView['status'];
      /** @default 200, at most 500 */
      readonly limit?: number;
    };
    readonly result: { readonly items: readonly RunItemView[] };
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

/** What the function `migrations` can be asked: it logs in as the migrator, which the control function cannot. */
export interface MigrationActions {
  /** What a run would do, with its size, waves, time and cost; runs nothing. */
  'plan-run': {
    readonly input: {
      readonly selector: TargetSelector;
      readonly change: RunChange;
      readonly pace: RunPace;
    };
    readonly result: { readonly plan: RunPlanView };
  };
  /** Exactly what would run for one tenant. */
  'plan-tenant': {
    readonly input: { readonly reference: string; readonly change: RunChange };
    readonly result: { readonly plan: TenantPlanView };
  };
  /** Records a migration as applied or as pending without running it. */
  'mark-migration': {
    readonly input: {
      readonly reference: string;
      readonly migration: string;
      readonly as: 'applied' | 'pending';
      readonly reason: string;
      /** Also when the schema's fingerprint says otherwise. */
      readonly force?: boolean;
      readonly actor: string;
    };
    readonly result: { readonly version: string | null; readonly pool: PoolView | null };
  };
  /** Records the first migrations as applied when their tables are already there and match. */
  'baseline-tenant': {
    readonly input: { readonly reference: string; readonly reason: string; readonly actor: string };
    readonly result: {
      readonly recorded: readonly string[];
      readonly version: string | null;
      readonly pool: PoolView | null;
    };
  };
  /** A tenant's ledger, oldest first, and the runs it was part of, newest first. */
  'show-history': {
    readonly input: { readonly reference: string };
    readonly result: { readonly history: TenantHistoryView };
  };
  /**
   * Reads the selected tenants' ledgers, and those of all who share tables with them, and sets right what the catalog knows. What is
   * selected or planned after that goes by the ledgers.
   */
  'verify-versions': {
    readonly input: { readonly selector: TargetSelector; readonly actor: string };
    readonly result: {
      readonly checked: number;
      readonly corrected: readonly VersionCorrection[];
      /** Tenants of whom nothing is known now. */
      readonly unread: readonly UnreadTenant[];
      /** Corrected and unread tenants beyond the ones listed. */
      readonly more: number;
    };
  };
  /** Compares ledger and real schema of the selected tenants with a reference that is migrated from zero. */
  'check-tenants': {
    readonly input: { readonly selector: TargetSelector };
    readonly result: {
      readonly checked: number;
      readonly findings: readonly CheckFinding[];
      /** Findings beyond the ones listed. */
      readonly more: number;
    };
  };
}

/** Exactly what would run for one tenant. */
export interface TenantPlanView {
  readonly slug: string;
  /** The tables that would be changed, for all who share them; null for a tenant with tables of its own. */
  readonly pool: PoolView | null;
  readonly schema: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly migrations: readonly {
    readonly id: string;
    readonly form: 'transaction' | 'concurrent' | 'batch' | 'program';
    readonly direction: 'up' | 'down';
    readonly statements: readonly {
      readonly sql: string;
      readonly line: number | null;
      /** Lock, table, rows in it, and what the statement does with them. */
      readonly effects: readonly {
        readonly table: string;
        readonly lock: string;
        readonly cost: 'instant' | 'scan' | 'rewrite';
        /** An estimate of the planner's statistics; null for a table that is not there yet. */
        readonly rows: number | null;
      }[];
    }[];
    readonly risks: readonly MigrationRisk[];
  }[];
}

/** One of the control function's actions. */
export type ControlAction = keyof ControlActions;

/** One of the actions of the function `migrations`. */
export type MigrationAction = keyof MigrationActions;

/** The payload of an invocation of the function `migrations`. */
export type MigrationEvent = {
  [Action in MigrationAction]: {
    readonly action: Action;
    readonly input: MigrationActions[Action]['input'];
  };
}[MigrationAction];

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

/** The answer of the function `migrations` to an action. */
export type MigrationAnswer<Action extends MigrationAction> =
  | { readonly ok: true; readonly result: MigrationActions[Action]['result'] }
  | { readonly ok: false; readonly error: ControlError };
