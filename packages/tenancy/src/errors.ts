import type { LeftOutTarget } from './targets.ts';

/** The stable codes a caller may switch on; `tenantry explain CODE` and the docs use the same words. */
export type TenancyErrorCode =
  | 'TENANT_NOT_FOUND'
  | 'TENANT_NOT_ACTIVE'
  | 'TENANT_EXISTS'
  | 'TENANT_BUSY'
  | 'DOMAIN_TAKEN'
  | 'TENANT_INPUT_INVALID'
  | 'ISOLATION_UNKNOWN'
  | 'TENANT_CONTEXT_MISSING'
  | 'TENANT_SCOPE_VIOLATION'
  | 'PRIVILEGES_NOT_EFFECTIVE'
  | 'MIGRATION_INVALID'
  | 'MIGRATION_DRIFT'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_NOT_FOUND'
  | 'MIGRATION_NOT_REVERSIBLE'
  | 'MIGRATION_CONFLICT'
  | 'MIGRATION_MISMATCH'
  | 'NO_TARGETS_SELECTED'
  | 'TARGETS_LEFT_OUT'
  | 'RUN_NOT_FOUND'
  | 'CREATION_NOT_FOUND'
  | 'RUN_CLOSED'
  | 'RUN_MIGRATIONS_CHANGED'
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_LOGIN_REFUSED'
  | 'DATABASE_TIMEOUT'
  | 'DATA_API_LIMIT';

/** What every error of the platform carries: a code, a sentence, and where there is one the command to type next. */
export abstract class TenancyError extends Error {
  abstract readonly code: TenancyErrorCode;
  /** The next command or action, ready to show to a person. */
  readonly next?: string;

  constructor(message: string, options: { next?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.next !== undefined) this.next = options.next;
  }
}

/** No tenant answers to this slug, id or host. */
export class TenantNotFoundError extends TenancyError {
  override readonly name = 'TenantNotFoundError';
  readonly code = 'TENANT_NOT_FOUND';
  readonly reference: string;

  constructor(reference: string) {
    super(`No tenant "${reference}".`, {
      next: `tenantry tenant create ${reference} --name NAME --yes`,
    });
    this.reference = reference;
  }
}

/** The tenant exists but is not `active`, so nothing is served from it. */
export class TenantNotActiveError extends TenancyError {
  override readonly name = 'TenantNotActiveError';
  readonly code = 'TENANT_NOT_ACTIVE';
  readonly tenantId: string;
  readonly status: string;

  constructor(tenantId: string, status: string) {
    super(`The tenant is ${status}.`);
    this.tenantId = tenantId;
    this.status = status;
  }
}

/** The slug belongs to another tenant. */
export class TenantExistsError extends TenancyError {
  override readonly name = 'TenantExistsError';
  readonly code = 'TENANT_EXISTS';
  readonly slug: string;

  constructor(slug: string, status: string, since: string) {
    super(`Tenant "${slug}" already exists (${status} since ${since}).`, {
      next: `tenantry tenant show ${slug}`,
    });
    this.slug = slug;
  }
}

/** Another workflow holds the tenant; the message names it. */
export class TenantBusyError extends TenancyError {
  override readonly name = 'TenantBusyError';
  readonly code = 'TENANT_BUSY';
  readonly slug: string;

  constructor(slug: string, status: string, execution: string) {
    super(`Tenant "${slug}" is ${status}: execution ${execution} is still at work on it.`, {
      next: `tenantry tenant show ${slug}`,
    });
    this.slug = slug;
  }
}

/** The host name leads to another tenant. Says nothing about which. */
export class DomainTakenError extends TenancyError {
  override readonly name = 'DomainTakenError';
  readonly code = 'DOMAIN_TAKEN';
  readonly host: string;

  constructor(host: string) {
    super(`Domain "${host}" already leads to another tenant.`, {
      next: 'tenantry tenant list',
    });
    this.host = host;
  }
}

/** A value from outside does not fit: `field` and `reason` say which and why. */
export class TenantInputError extends TenancyError {
  override readonly name = 'TenantInputError';
  readonly code = 'TENANT_INPUT_INVALID';
  readonly field: string;
  readonly reason: string;

  constructor(field: string, reason: string, next?: string) {
    super(`${field}: ${reason}`, next === undefined ? {} : { next });
    this.field = field;
    this.reason = reason;
  }
}

/** The isolation type is none we can provision; `valid` lists those we can. */
export class IsolationUnknownError extends TenancyError {
  override readonly name = 'IsolationUnknownError';
  readonly code = 'ISOLATION_UNKNOWN';
  readonly isolation: string;
  readonly valid: readonly string[];

  constructor(isolation: string, valid: readonly string[], reason = 'is not an isolation type') {
    super(`Isolation "${isolation}" ${reason}. Valid: ${valid.join(', ')}.`, {
      next: `tenantry tenant create SLUG --isolation ${valid[0] ?? 'schema'}`,
    });
    this.isolation = isolation;
    this.valid = valid;
  }
}

/** `currentTenant()` was called outside a tenant's context. */
export class NoTenantError extends TenancyError {
  override readonly name = 'NoTenantError';
  readonly code = 'TENANT_CONTEXT_MISSING';

  constructor() {
    super('There is no current tenant here.', {
      next: 'wrap the call in runAsTenant(context, fn)',
    });
  }
}

/** A tenant's role reached for something outside its walls and PostgreSQL refused. */
export class TenantScopeError extends TenancyError {
  override readonly name = 'TenantScopeError';
  readonly code = 'TENANT_SCOPE_VIOLATION';
  readonly tenantId: string;

  constructor(tenantId: string, cause?: unknown) {
    super('PostgreSQL refused access outside the tenant.', { cause });
    this.tenantId = tenantId;
  }
}

/** Grants or revokes had no effect; `violations` names each privilege that is not as it must be. */
export class PrivilegesNotEffectiveError extends TenancyError {
  override readonly name = 'PrivilegesNotEffectiveError';
  readonly code = 'PRIVILEGES_NOT_EFFECTIVE';
  readonly tenantId: string;
  readonly violations: readonly string[];

  constructor(tenantId: string, violations: readonly string[]) {
    super(`The walls of tenant ${tenantId} are not as they must be: ${violations.join('; ')}.`);
    this.tenantId = tenantId;
    this.violations = violations;
  }
}

/** A migration file cannot be used: syntax, number, name or forbidden content. */
export class MigrationInvalidError extends TenancyError {
  override readonly name = 'MigrationInvalidError';
  readonly code = 'MIGRATION_INVALID';
  readonly file: string;
  readonly line?: number;

  constructor(file: string, reason: string, line?: number) {
    super(`${file}${line === undefined ? '' : `:${line}`}: ${reason}`, {
      next: 'correct the file, then run the command again; nothing was applied',
    });
    this.file = file;
    if (line !== undefined) this.line = line;
  }
}

/** An applied migration's file is no longer the one that was applied. */
export class MigrationDriftError extends TenancyError {
  override readonly name = 'MigrationDriftError';
  readonly code = 'MIGRATION_DRIFT';
  readonly schema: string;
  readonly migration: string;

  constructor(schema: string, migration: string) {
    super(`Migration ${migration} was changed after it was applied to ${schema}.`, {
      next: 'restore the file as it was and write a new migration for the change',
    });
    this.schema = schema;
    this.migration = migration;
  }
}

/** Where in a migration PostgreSQL stopped, and what it said. */
export interface MigrationFailure {
  readonly migration: string;
  /** 1-based number of the statement inside the migration. */
  readonly statement: number;
  /** Line of the file where the statement starts; null where the file does not hold it as text. */
  readonly line?: number | null;
  /** The failing statement. */
  readonly sql?: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** A migration failed in one schema and was rolled back there. */
export class MigrationFailedError extends TenancyError {
  override readonly name = 'MigrationFailedError';
  readonly code = 'MIGRATION_FAILED';
  readonly schema: string;
  readonly failure: MigrationFailure;

  constructor(schema: string, failure: MigrationFailure) {
    super(
      `Migration ${failure.migration}, statement ${failure.statement}, failed in ${schema} ` +
        `(SQLSTATE ${failure.sqlstate}): ${failure.message}`,
      { next: 'correct the migration or the data, then deploy again' },
    );
    this.schema = schema;
    this.failure = failure;
  }
}

/** Nothing says which tenants are meant; that never means all of them. */
export class NoTargetsSelectedError extends TenancyError {
  override readonly name = 'NoTargetsSelectedError';
  readonly code = 'NO_TARGETS_SELECTED';

  constructor() {
    super(
      'No tenants selected: name them, or say --all, --behind, --where, --failed-in or --sample.',
      {
        next: 'tenantry targets --all',
      },
    );
  }
}

/** Every tenant that was named is in a state in which nothing can be done to it; `leftOut` says why. */
export class TargetsLeftOutError extends TenancyError {
  override readonly name = 'TargetsLeftOutError';
  readonly code = 'TARGETS_LEFT_OUT';
  readonly leftOut: readonly LeftOutTarget[];

  constructor(leftOut: readonly LeftOutTarget[]) {
    const next = leftOut.find((target) => target.next !== undefined)?.next;
    const reasons = leftOut.map(({ name, reason }) => `"${name}" ${reason}`).join('; ');
    super(`Nothing to work on: ${reasons}.`, next === undefined ? {} : { next });
    this.leftOut = leftOut;
  }
}

/** A run that is over takes no command. */
export class RunClosedError extends TenancyError {
  override readonly name = 'RunClosedError';
  readonly code = 'RUN_CLOSED';
  readonly runId: string;
  readonly status: string;

  constructor(runId: string, status: string, command: string) {
    super(`Run ${runId} is ${status}: it cannot be told to ${command}.`, {
      next: status === 'failed' ? `tenantry migrate retry ${runId}` : `tenantry runs show ${runId}`,
    });
    this.runId = runId;
    this.status = status;
  }
}

/** The migrations are no longer those of the run that is to be tried again; `changed` names the ones that differ. */
export class RunMigrationsChangedError extends TenancyError {
  override readonly name = 'RunMigrationsChangedError';
  readonly code = 'RUN_MIGRATIONS_CHANGED';
  readonly runId: string;
  readonly changed: readonly string[];

  constructor(runId: string, changed: readonly string[]) {
    super(`The migrations have changed since run ${runId}: ${changed.join(', ')}.`, {
      next: `tenantry migrate retry ${runId} ${changed.map((id) => `--with-changes ${id}`).join(' ')}`,
    });
    this.runId = runId;
    this.changed = changed;
  }
}

/** No migration has this id, or none is of this module; `nearest` are ids that look like it. */
export class MigrationNotFoundError extends TenancyError {
  override readonly name = 'MigrationNotFoundError';
  readonly code = 'MIGRATION_NOT_FOUND';
  readonly reference: string;
  readonly nearest: readonly string[];

  constructor(reference: string, nearest: readonly string[]) {
    const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(' or ')}?`;
    super(`No migration "${reference}".${hint}`, { next: 'tenantry migrate status' });
    this.reference = reference;
    this.nearest = nearest;
  }
}

/** A migration has no way back: its file gives no `down`, or this build does not hold the file. */
export class MigrationNotReversibleError extends TenancyError {
  override readonly name = 'MigrationNotReversibleError';
  readonly code = 'MIGRATION_NOT_REVERSIBLE';
  readonly migration: string;

  constructor(migration: string, reason: string) {
    super(`Migration ${migration} cannot be taken back: ${reason}.`, {
      next: 'write a new migration that undoes it, then tenantry migrate up',
    });
    this.migration = migration;
  }
}

/** A migration cannot be taken back while `dependent`, which stands on it, is applied. */
export class MigrationConflictError extends TenancyError {
  override readonly name = 'MigrationConflictError';
  readonly code = 'MIGRATION_CONFLICT';
  readonly migration: string;
  readonly dependent: string;

  constructor(migration: string, dependent: string) {
    super(
      `Migration ${migration} cannot be taken back while ${dependent}, which stands on it, is applied.`,
      { next: `take ${dependent} back first, or both in one command` },
    );
    this.migration = migration;
    this.dependent = dependent;
  }
}

/** No run has this id. */
export class RunNotFoundError extends TenancyError {
  override readonly name = 'RunNotFoundError';
  readonly code = 'RUN_NOT_FOUND';
  readonly runId: string;

  constructor(runId: string) {
    super(`No run "${runId}".`, { next: 'tenantry migrate status' });
    this.runId = runId;
  }
}

/** The database is waking up, throttled or out of reach: trying again later helps. */
export class DatabaseUnavailableError extends TenancyError {
  override readonly name = 'DatabaseUnavailableError';
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(reason: string, cause?: unknown) {
    super(`The database is not available: ${reason}`, {
      cause,
      next: 'try again in a few seconds',
    });
  }
}

/** The login in a secret is not, or no longer, one of the database; the statement did not run. */
export class DatabaseLoginRefusedError extends TenancyError {
  override readonly name = 'DatabaseLoginRefusedError';
  readonly code = 'DATABASE_LOGIN_REFUSED';

  constructor(cause: unknown) {
    super('The database refused the login.', { cause });
  }
}

/** A statement ran out of time; whether it took effect is known only for reads. */
export class DatabaseTimeoutError extends TenancyError {
  override readonly name = 'DatabaseTimeoutError';
  readonly code = 'DATABASE_TIMEOUT';

  constructor(reason: string, cause?: unknown) {
    super(`The database did not answer in time: ${reason}`, { cause });
  }
}

/** The Data API cannot do what a statement asks for; `next` says how to write it otherwise. */
export class DataApiLimitError extends TenancyError {
  override readonly name = 'DataApiLimitError';
  readonly code = 'DATA_API_LIMIT';

  constructor(reason: string, options: { next: string; cause?: unknown }) {
    super(`The Data API cannot do this: ${reason}.`, options);
  }
}

/** No bulk creation has this id. */
export class CreationNotFoundError extends TenancyError {
  override readonly name = 'CreationNotFoundError';
  readonly code = 'CREATION_NOT_FOUND';
  readonly creation: string;

  constructor(creation: string) {
    super(`No bulk creation "${creation}".`, { next: 'tenantry tenant list' });
    this.creation = creation;
  }
}

/** The objects of a schema are not those of the migrations it is said to have; `differences` names them. */
export class MigrationMismatchError extends TenancyError {
  override readonly name = 'MigrationMismatchError';
  readonly code = 'MIGRATION_MISMATCH';
  readonly differences: readonly string[];

  constructor(what: string, differences: readonly string[]) {
    const more = differences.length > 5 ? ` and ${differences.length - 5} more` : '';
    super(`${what}: ${differences.slice(0, 5).join('; ')}${more}.`, {
      next: 'tenantry migrate check TENANT',
    });
    this.differences = differences;
  }
}
