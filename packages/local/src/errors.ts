/** The stable codes of the local runtime's errors; the command line and the docs use the same words. */
export type LocalErrorCode =
  | 'LOCAL_PORT_TAKEN'
  | 'LOCAL_DATA_LOCKED'
  | 'LOCAL_DATA_OTHER_LAYOUT'
  | 'LOCAL_DATA_OTHER_MAJOR'
  | 'LOCAL_DATA_UNREADABLE'
  | 'LOCAL_BINARY_MISSING'
  | 'LOCAL_DATABASE_FAILED'
  | 'LOCAL_DATABASE_UNSUPPORTED'
  | 'LOCAL_ASSEMBLY_INVALID'
  | 'LOCAL_MACHINE_UNSUPPORTED'
  | 'LOCAL_FUNCTION_INVALID'
  | 'LOCAL_DEPLOY_FAILED';

/**
 * Why the laptop's system cannot start or go on: what happened and where in `message`, what to type or do in `next`. A caller
 * switches on `code`.
 */
export class LocalError extends Error {
  override readonly name = 'LocalError';
  readonly code: LocalErrorCode;
  /** The next command or action, ready to show to a person. */
  readonly next: string;

  constructor(code: LocalErrorCode, message: string, options: { next: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.next = options.next;
  }
}
