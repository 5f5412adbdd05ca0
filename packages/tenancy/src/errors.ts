/** The stable codes a caller may switch on; the command line's `--json` answers carry the same words. */
export type TenancyErrorCode =
  | 'TENANT_NOT_FOUND'
  | 'TENANT_NOT_ACTIVE'
  | 'TENANT_EXISTS'
  | 'TENANT_BUSY'
  | 'SUSPENSION_REFUSED'
  | 'DOMAIN_TAKEN'
  | 'TENANT_INPUT_INVALID'
  | 'ISOLATION_UNKNOWN'
  | 'CLUSTER_NOT_FOUND'
  | 'CLUSTER_FULL'
  | 'CLUSTER_EXISTS'
  | 'CLUSTER_NOT_DECLARED'
  | 'APPLICATION_LAUNCHING'
  | 'APPLICATION_REMOVING'
  | 'APPLICATION_FAILED'
  | 'TENANT_CONTEXT_MISSING'
  | 'TENANT_HAS_NO_TABLES'
  | 'TENANT_SCOPE_VIOLATION'
  | 'PRIVILEGES_NOT_EFFECTIVE'
  | 'MIGRATION_INVALID'
  | 'MIGRATION_DRIFT'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_NOT_FOUND'
  | 'MIGRATION_NOT_REVERSIBLE'
  | 'MIGRATION_CONFLICT'
  | 'MIGRATION_MISMATCH'
  | 'MIGRATION_NOT_POOLABLE'
  | 'NO_TARGETS_SELECTED'
  | 'TARGETS_LEFT_OUT'
  | 'RUN_NOT_FOUND'
  | 'CREATION_NOT_FOUND'
  | 'RUN_CLOSED'
  | 'RUN_MIGRATIONS_CHANGED'
  | 'DATABASE_UNAVAILABLE'
  | 'SERVER_NOT_REACHED'
  | 'SERVER_REFUSED'
  | 'DATABASE_LOGIN_REFUSED'
  | 'DATABASE_TIMEOUT'
  | 'DATA_API_LIMIT'
  | 'CACHE_UNAVAILABLE'
  | 'CACHE_LIMIT';

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
    const next = `tenantry tenant resume ${tenantId}`;
    super(`The tenant is ${status}.`, status === 'suspended' ? { next } : {});
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

/** There is no such isolation type; `valid` lists those that there are. */
export class IsolationUnknownError extends TenancyError {
  override readonly name = 'IsolationUnknownError';
  readonly code = 'ISOLATION_UNKNOWN';
  readonly isolation: string;
  readonly valid: readonly string[];

  constructor(isolation: string, valid: readonly string[]) {
    super(`Isolation "${isolation}" is not an isolation type. Valid: ${valid.join(', ')}.`, {
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

/** Tables of a tenant were asked for whose isolation is `cache`: it has none. */
export class TenantHasNoTablesError extends TenancyError {
  override readonly name = 'TenantHasNoTablesError';
  readonly code = 'TENANT_HAS_NO_TABLES';
  readonly tenantId: string;

  constructor(tenantId: string) {
    super(
      'The tenant has isolation cache: it keeps nothing in tables, so there is nothing to migrate or to query.',
      {
        next: 'tenantry targets --where isolation=cache',
      },
    );
    this.tenantId = tenantId;
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

/** The cache is throttled or out of reach: trying again later helps. */
export class CacheUnavailableError extends TenancyError {
  override readonly name = 'CacheUnavailableError';
  readonly code = 'CACHE_UNAVAILABLE';

  constructor(reason: string, cause?: unknown) {
    super(`The cache is not available: ${reason}`, { cause, next: 'try again in a few seconds' });
  }
}

/** A key or value is more than the cache can hold; `next` says what to do instead. */
export class CacheLimitError extends TenancyError {
  override readonly name = 'CacheLimitError';
  readonly code = 'CACHE_LIMIT';

  constructor(reason: string, options: { next: string }) {
    super(`The cache cannot hold this: ${reason}.`, options);
  }
}
