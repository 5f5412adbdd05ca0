/** Why a resource of a stack could not be made, changed or removed. */
export class ResourceFailure extends Error {
  override readonly name = 'ResourceFailure';
  readonly logicalId: string;

  constructor(logicalId: string, reason: string, options?: { readonly cause: unknown }) {
    super(reason, options);
    this.logicalId = logicalId;
  }
}

/** `error` as the failure of a resource; without one of its own it is that of `logicalId`. */
export function toResourceFailure(error: unknown, logicalId: string): ResourceFailure {
  if (error instanceof ResourceFailure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ResourceFailure(logicalId, reason, { cause: error });
}
