import type { ControlError } from '@tenantry/tenancy';
import type { ExitCode } from './exit-codes.ts';

/** The codes of the command line's own errors; those of the platform and of the local runtime come through unchanged. */
export type CliErrorCode =
  | 'USAGE'
  | 'INPUT_NEEDED'
  | 'CONFIRMATION_NEEDED'
  | 'NO_TENANTS_SELECTED'
  | 'SYSTEM_NOT_RUNNING'
  | 'SYSTEM_UNREACHABLE'
  | 'STAGE_NOT_DEPLOYED'
  | 'CREDENTIALS_MISSING'
  | 'NOT_ALLOWED'
  | 'CONTROL_FAILED'
  | 'WORKFLOW_FAILED'
  | 'RUN_FAILED'
  | 'PROJECT_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'SCRIPT_INVALID'
  | 'NO_DIRECT_CONNECTION'
  | 'SYNTH_FAILED'
  | 'INTERRUPTED'
  | 'INTERNAL';

/** What a `CliError` tells besides its sentence. */
export interface CliErrorOptions {
  readonly exitCode: ExitCode;
  /** Tenant, step, stage: the place it happened at. */
  readonly where?: string;
  /** The reason underneath: SQLSTATE, PostgreSQL's or AWS' own words. */
  readonly why?: string;
  /** Commands to type next, best first. */
  readonly next?: readonly string[];
  /** Flags and arguments that were needed and not given. */
  readonly missing?: readonly string[];
  readonly cause?: unknown;
}

/** A failure that a person can act on: it is shown without a stack, and the process ends with `exitCode`. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly where?: string;
  readonly why?: string;
  readonly next: readonly string[];
  readonly missing: readonly string[];

  constructor(
    code: CliErrorCode | ControlError['code'],
    message: string,
    options: CliErrorOptions,
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode;
    if (options.where !== undefined) this.where = options.where;
    if (options.why !== undefined) this.why = options.why;
    this.next = options.next ?? [];
    this.missing = options.missing ?? [];
  }
}
