import type { ControlError } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';

const exitCodeOf: Readonly<Record<ControlError['code'], ExitCode>> = {
  TENANT_NOT_FOUND: exitCodes.notFound,
  RUN_NOT_FOUND: exitCodes.notFound,
  MIGRATION_NOT_FOUND: exitCodes.notFound,
  CREATION_NOT_FOUND: exitCodes.notFound,
  CLUSTER_NOT_FOUND: exitCodes.notFound,
  CLUSTER_FULL: exitCodes.conflict,
  CLUSTER_EXISTS: exitCodes.conflict,
  CLUSTER_NOT_DECLARED: exitCodes.failed,
  APPLICATION_LAUNCHING: exitCodes.failed,
  APPLICATION_REMOVING: exitCodes.failed,
  APPLICATION_FAILED: exitCodes.failed,
  SERVER_NOT_REACHED: exitCodes.failed,
  SERVER_REFUSED: exitCodes.failed,
  TENANT_EXISTS: exitCodes.conflict,
  TENANT_BUSY: exitCodes.conflict,
  SUSPENSION_REFUSED: exitCodes.conflict,
  TENANT_NOT_ACTIVE: exitCodes.conflict,
  TENANT_HAS_NO_TABLES: exitCodes.conflict,
  DOMAIN_TAKEN: exitCodes.conflict,
  MIGRATION_DRIFT: exitCodes.conflict,
  MIGRATION_NOT_REVERSIBLE: exitCodes.conflict,
  MIGRATION_CONFLICT: exitCodes.conflict,
  MIGRATION_MISMATCH: exitCodes.conflict,
  MIGRATION_NOT_POOLABLE: exitCodes.conflict,
  RUN_CLOSED: exitCodes.conflict,
  RUN_MIGRATIONS_CHANGED: exitCodes.conflict,
  TARGETS_LEFT_OUT: exitCodes.conflict,
  NO_TARGETS_SELECTED: exitCodes.usage,
  TENANT_INPUT_INVALID: exitCodes.usage,
  ISOLATION_UNKNOWN: exitCodes.usage,
  TENANT_CONTEXT_MISSING: exitCodes.failed,
  TENANT_SCOPE_VIOLATION: exitCodes.failed,
  PRIVILEGES_NOT_EFFECTIVE: exitCodes.failed,
  MIGRATION_INVALID: exitCodes.failed,
  MIGRATION_FAILED: exitCodes.failed,
  DATABASE_UNAVAILABLE: exitCodes.failed,
  DATABASE_LOGIN_REFUSED: exitCodes.failed,
  DATABASE_TIMEOUT: exitCodes.failed,
  DATA_API_LIMIT: exitCodes.failed,
  CACHE_UNAVAILABLE: exitCodes.failed,
  CACHE_LIMIT: exitCodes.failed,
  INTERNAL: exitCodes.failed,
};

/** Names of error classes, as state machines report them, and the codes they carry. */
const codeOfName: Readonly<Record<string, ControlError['code']>> = {
  TenantNotFoundError: 'TENANT_NOT_FOUND',
  TenantNotActiveError: 'TENANT_NOT_ACTIVE',
  TenantHasNoTablesError: 'TENANT_HAS_NO_TABLES',
  TenantExistsError: 'TENANT_EXISTS',
  TenantBusyError: 'TENANT_BUSY',
  SuspensionRefusedError: 'SUSPENSION_REFUSED',
  DomainTakenError: 'DOMAIN_TAKEN',
  TenantInputError: 'TENANT_INPUT_INVALID',
  IsolationUnknownError: 'ISOLATION_UNKNOWN',
  ClusterNotFoundError: 'CLUSTER_NOT_FOUND',
  ClusterFullError: 'CLUSTER_FULL',
  ApplicationLaunchingError: 'APPLICATION_LAUNCHING',
  ApplicationRemovingError: 'APPLICATION_REMOVING',
  ApplicationFailedError: 'APPLICATION_FAILED',
  TenantScopeError: 'TENANT_SCOPE_VIOLATION',
  PrivilegesNotEffectiveError: 'PRIVILEGES_NOT_EFFECTIVE',
  MigrationInvalidError: 'MIGRATION_INVALID',
  MigrationDriftError: 'MIGRATION_DRIFT',
  MigrationFailedError: 'MIGRATION_FAILED',
  RunNotFoundError: 'RUN_NOT_FOUND',
  CreationNotFoundError: 'CREATION_NOT_FOUND',
  RunClosedError: 'RUN_CLOSED',
  RunMigrationsChangedError: 'RUN_MIGRATIONS_CHANGED',
  MigrationNotFoundError: 'MIGRATION_NOT_FOUND',
  MigrationNotReversibleError: 'MIGRATION_NOT_REVERSIBLE',
  MigrationConflictError: 'MIGRATION_CONFLICT',
  MigrationMismatchError: 'MIGRATION_MISMATCH',
  MigrationNotPoolableError: 'MIGRATION_NOT_POOLABLE',
  ServerNotReachedError: 'SERVER_NOT_REACHED',
  ServerRefusedError: 'SERVER_REFUSED',
  DatabaseUnavailableError: 'DATABASE_UNAVAILABLE',
  DatabaseTimeoutError: 'DATABASE_TIMEOUT',
  DataApiLimitError: 'DATA_API_LIMIT',
  CacheUnavailableError: 'CACHE_UNAVAILABLE',
  CacheLimitError: 'CACHE_LIMIT',
};

/** What the control function answered instead of a result, as an error with the exit code that belongs to it. */
export function toCliError(error: ControlError): CliError {
  return new CliError(error.code, error.message, {
    exitCode: exitCodeOf[error.code] ?? exitCodes.failed,
    next: error.next === undefined ? [] : [error.next],
  });
}

/** The code and exit code behind the name of an error class; undefined for names that are not the platform's own. */
export function findCodeOf(
  errorName: string,
): { readonly code: ControlError['code']; readonly exitCode: ExitCode } | undefined {
  const code = codeOfName[errorName];
  return code === undefined ? undefined : { code, exitCode: exitCodeOf[code] };
}
