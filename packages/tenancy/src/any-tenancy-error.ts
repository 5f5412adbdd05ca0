import type {
  ApplicationFailedError,
  ApplicationLaunchingError,
  ApplicationRemovingError,
} from './application-errors.ts';
import type {
  ClusterExistsError,
  ClusterFullError,
  ClusterNotDeclaredError,
  ClusterNotFoundError,
} from './cluster-errors.ts';
import {
  type TenantNotFoundError,
  type TenantNotActiveError,
  type TenantExistsError,
  type TenantBusyError,
  type DomainTakenError,
  type TenantInputError,
  type IsolationUnknownError,
  type NoTenantError,
  type TenantHasNoTablesError,
  type TenantScopeError,
  type PrivilegesNotEffectiveError,
  type CreationNotFoundError,
  DatabaseUnavailableError,
  type DatabaseLoginRefusedError,
  DatabaseTimeoutError,
  type DataApiLimitError,
  CacheUnavailableError,
  type CacheLimitError,
} from './errors.ts';
import {
  type MigrationInvalidError,
  type MigrationDriftError,
  type MigrationFailedError,
  type MigrationNotFoundError,
  type MigrationNotReversibleError,
  type MigrationConflictError,
  type MigrationMismatchError,
  type MigrationNotPoolableError,
} from './migration-errors.ts';
import type { SuspensionRefusedError } from './suspension-errors.ts';
import { ServerNotReachedError, type ServerRefusedError } from './customer-database-errors.ts';
import {
  type NoTargetsSelectedError,
  type TargetsLeftOutError,
  type RunClosedError,
  type RunMigrationsChangedError,
  type RunNotFoundError,
} from './run-errors.ts';

/** Every error class of the platform, so that a `switch` over `code` narrows. */
export type AnyTenancyError =
  | TenantNotFoundError
  | TenantNotActiveError
  | TenantExistsError
  | TenantBusyError
  | SuspensionRefusedError
  | DomainTakenError
  | TenantInputError
  | IsolationUnknownError
  | ClusterNotFoundError
  | ClusterFullError
  | ClusterExistsError
  | ClusterNotDeclaredError
  | ApplicationLaunchingError
  | ApplicationRemovingError
  | ApplicationFailedError
  | NoTenantError
  | TenantHasNoTablesError
  | TenantScopeError
  | PrivilegesNotEffectiveError
  | MigrationInvalidError
  | MigrationDriftError
  | MigrationFailedError
  | MigrationNotFoundError
  | MigrationNotReversibleError
  | MigrationConflictError
  | MigrationMismatchError
  | MigrationNotPoolableError
  | NoTargetsSelectedError
  | TargetsLeftOutError
  | RunClosedError
  | RunMigrationsChangedError
  | RunNotFoundError
  | CreationNotFoundError
  | ServerNotReachedError
  | ServerRefusedError
  | DatabaseUnavailableError
  | DatabaseLoginRefusedError
  | DatabaseTimeoutError
  | DataApiLimitError
  | CacheUnavailableError
  | CacheLimitError;

/** Whether trying the same thing again can succeed. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof DatabaseUnavailableError ||
    error instanceof DatabaseTimeoutError ||
    error instanceof CacheUnavailableError ||
    error instanceof ServerNotReachedError
  );
}
