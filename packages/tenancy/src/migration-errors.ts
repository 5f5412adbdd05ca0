import { TenancyError } from './errors.ts';

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
  /** Role of the tenant for which it ran, where tenants share the tables. */
  readonly tenant?: string;
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
      `Migration ${failure.migration}, statement ${failure.statement}, failed in ${schema}` +
        `${failure.tenant === undefined ? '' : ` for ${failure.tenant}`} ` +
        `(SQLSTATE ${failure.sqlstate}): ${failure.message}`,
      { next: 'correct the migration or the data, then deploy again' },
    );
    this.schema = schema;
    this.failure = failure;
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

/** A tenant migration cannot run on tables that tenants share without opening a way from one to another. */
export class MigrationNotPoolableError extends TenancyError {
  override readonly name = 'MigrationNotPoolableError';
  readonly code = 'MIGRATION_NOT_POOLABLE';
  readonly migration: string;
  readonly line: number | null;

  constructor(
    migration: string,
    {
      reason,
      line,
      file,
    }: { readonly reason: string; readonly line: number | null; readonly file: string },
  ) {
    super(
      `Migration ${migration} cannot be applied to shared tables (${file}${line === null ? '' : `:${line}`}): ${reason}.`,
      {
        next: 'change the statement as the reason says, or keep its tenants under isolation schema or database',
      },
    );
    this.migration = migration;
    this.line = line;
  }
}
