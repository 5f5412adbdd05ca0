import type { CustomerDatabase } from './customer-database.ts';

/**
 * A worker is one function with one set of rights; a step runs in the worker that holds the rights it needs.
 *
 * - `registry` writes the catalog.
 * - `secrets` makes and deletes tenants' secrets and never reads one.
 * - `provisioner` makes and drops roles and schemas.
 * - `migrator` becomes a tenant's owner role to change its tables.
 * - `tenant` logs in as the tenant itself.
 * - `launcher` has the stacks of dedicated tenants made and removed, and prepares their clusters.
 */
export type LifecycleWorker =
  | 'registry'
  | 'secrets'
  | 'launcher'
  | 'provisioner'
  | 'migrator'
  | 'tenant';

/** One step of a lifecycle workflow, in words that infra draws a state from. */
export interface LifecycleStep<Name extends string = string> {
  readonly name: Name;
  readonly worker: LifecycleWorker;
  /** The isolation whose tenants alone need this step and its undo. @default - all tenants do */
  readonly only?: 'dedicated' | 'cache';
  /** The step that takes this one's effect back when the workflow fails; it must bear being run for a step that never ran. */
  readonly undo?: { readonly name: string; readonly worker: LifecycleWorker };
}

/**
 * The workflow `create-tenant`, in order. When a step's retries are spent, its undo and those of all steps before it run, last
 * first, and `mark-failed` ends the workflow.
 */
export const createTenantSteps = [
  {
    name: 'reserve',
    worker: 'registry',
    undo: { name: 'release-place', worker: 'provisioner' },
  },
  { name: 'store-secret', worker: 'secrets', undo: { name: 'delete-secret', worker: 'secrets' } },
  {
    name: 'launch',
    worker: 'launcher',
    only: 'dedicated',
    undo: { name: 'remove', worker: 'launcher' },
  },
  { name: 'await-launch', worker: 'launcher', only: 'dedicated' },
  { name: 'provision', worker: 'provisioner', undo: { name: 'drop', worker: 'provisioner' } },
  { name: 'migrate', worker: 'migrator' },
  { name: 'seed', worker: 'tenant' },
  { name: 'verify', worker: 'tenant' },
  { name: 'activate', worker: 'registry', undo: { name: 'deactivate', worker: 'registry' } },
] as const satisfies readonly LifecycleStep[];

/** The workflow `delete-tenant`, in order. It only goes forward: a failed deletion is run again. */
export const deleteTenantSteps = [
  { name: 'suspend', worker: 'provisioner' },
  { name: 'drop', worker: 'provisioner' },
  { name: 'delete-secret', worker: 'secrets' },
  { name: 'clear-cache', worker: 'tenant' },
  { name: 'remove', worker: 'launcher', only: 'dedicated' },
  { name: 'finish-delete', worker: 'registry' },
] as const satisfies readonly LifecycleStep[];

/**
 * The workflow `suspend-tenant`, in order; the catalog calls the tenant suspended before it starts. It only goes forward: a failed one is
 * run again, and the tenant is not served meanwhile.
 */
export const suspendTenantSteps = [
  { name: 'close', worker: 'provisioner' },
  { name: 'forget-routes', worker: 'registry', only: 'cache' },
  { name: 'finish-suspend', worker: 'registry' },
] as const satisfies readonly LifecycleStep[];

/** The workflow `resume-tenant`, in order: rights are given back and proven as at the creation, and then the tenant is served. */
export const resumeTenantSteps = [
  { name: 'open', worker: 'provisioner', undo: { name: 'close', worker: 'provisioner' } },
  { name: 'verify', worker: 'tenant' },
  { name: 'finish-resume', worker: 'registry' },
] as const satisfies readonly LifecycleStep[];

/** The last step of a failed workflow: writes step, error and SQLSTATE into the catalog, and status `failed` for a creation. */
export const markFailedStep = {
  name: 'mark-failed',
  worker: 'registry',
} as const satisfies LifecycleStep;

/** Errors that no retry can mend: a state machine goes straight to the undo steps. The names are those of the error classes. */
export const terminalErrorNames = [
  'TenantExistsError',
  'TenantBusyError',
  'TenantNotFoundError',
  'DomainTakenError',
  'TenantInputError',
  'IsolationUnknownError',
  'ClusterNotFoundError',
  'ClusterFullError',
  'MigrationInvalidError',
  'MigrationDriftError',
  'MigrationFailedError',
  'MigrationNotPoolableError',
  'PrivilegesNotEffectiveError',
  'ServerNotReachedError',
  'ServerRefusedError',
  'ApplicationFailedError',
] as const;

/** How often a step is tried again before the workflow gives up, and how long it waits. */
export const stepRetry = {
  intervalSeconds: 1,
  maxAttempts: 3,
  backoffRate: 2,
  maxDelaySeconds: 10,
} as const;

/** How often a step of worker `launcher` asks CloudFormation again whether it is done: for 45 minutes. The names are those of the error classes. */
export const applicationRetry = {
  errorNames: ['ApplicationLaunchingError', 'ApplicationRemovingError'],
  intervalSeconds: 2,
  maxAttempts: 95,
  backoffRate: 1.5,
  maxDelaySeconds: 30,
} as const;

/** Those of a workflow's steps that a tenant of this isolation goes through. */
export function stepsFor<Step extends LifecycleStep>(
  steps: readonly Step[],
  isolation: string,
): readonly Step[] {
  return steps.filter(({ only }) => only === undefined || only === isolation);
}

/** What the operator asked for; the input of `create-tenant`. Field values are the application's own (`plan`, `trialEndsAt`, ...). */
export interface CreateTenantRequest {
  readonly slug: string;
  readonly name: string;
  readonly isolation: string;
  /** Whose tables it shares; with isolation `table`, and only then. */
  readonly pool?: string;
  /** The database that the customer brings along; with isolation `database` only. @default - one on the tenant's cluster */
  readonly database?: CustomerDatabase;
  readonly domain: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** Whether pending migrations are applied; without them the tenant is active but empty. */
  readonly migrate: boolean;
  /** Name of the cluster it goes to. @default - the one with the largest share of free places */
  readonly cluster?: string;
  readonly actor: string;
}

/** A cluster other than the home one, as a workflow's state carries it: where it is, and the secrets of the platform's roles there. */
export interface FurtherCluster {
  readonly id: string;
  readonly clusterArn: string;
  readonly database: string;
  readonly provisionerSecretArn: string;
  readonly migratorSecretArn: string;
}

/** Why a workflow stopped, as the catalog keeps it and operators see it. */
export interface TenantFailure {
  readonly step: string;
  /** Name of the error: `MigrationFailedError`. */
  readonly error: string;
  /** PostgreSQL's code, where PostgreSQL was what refused. */
  readonly sqlstate: string | null;
  readonly message: string;
}

/** Why a workflow stopped, as its state carries it to `mark-failed`: `cause` is the function's error as JSON, or a plain text. */
export interface WorkflowFailure {
  readonly step: string;
  readonly error: string;
  readonly cause: string;
}

/** Up to where a schema is migrated: the last migration's id, and the hash of the set when all of it is there. */
export interface MigratedVersion {
  readonly version: string | null;
  readonly hash: string | null;
}

/** What a workflow's state says of a tenant's place and login: enough to make or to open it. */
export interface PlacedState {
  readonly request: Pick<CreateTenantRequest, 'isolation' | 'pool' | 'database'>;
  readonly tenantId?: string;
  /** Where the tenant was given a place; absent for the home cluster. */
  readonly cluster?: FurtherCluster;
  readonly secretArn?: string;
  /** Secret of the login that changes the tenant's tables in a customer's database. */
  readonly migratorSecretArn?: string;
  /** Absent for a tenant whose schema stays empty. */
  readonly migrated?: MigratedVersion;
}

/**
 * The state of `create-tenant` between two steps: small, and free of secrets. Each step gets it whole and answers with the next one.
 */
export interface CreateTenantState extends PlacedState {
  readonly request: CreateTenantRequest;
  /** The cluster on which an earlier attempt, which was to be made otherwise, may have left something. */
  readonly remainsAt?: string;
  readonly failure?: WorkflowFailure;
}

/** The state that `suspend-tenant` and `resume-tenant` begin with; the latter goes on with a `PlacedState`. */
export interface SuspensionState {
  readonly tenantId: string;
  readonly slug: string;
  readonly isolation: string;
}

/** The state of `delete-tenant` between two steps. */
export interface DeleteTenantState {
  readonly tenantId: string;
  readonly slug: string;
  readonly isolation: string;
  /** Leaves a customer's server as it is, for one that is gone for good. @default - everything of the tenant is taken out of it */
  readonly leaveDatabase?: true;
  readonly actor: string;
  readonly failure?: WorkflowFailure;
}

/** What a worker function is called with: the step to do, the execution it belongs to (its name) and the workflow's state. */
export interface StepEvent<State> {
  readonly step: string;
  readonly execution: string;
  readonly state: State;
}
