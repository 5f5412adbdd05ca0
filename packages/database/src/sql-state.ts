/** PostgreSQL refused a statement: `code` is the SQLSTATE, as on errors of `pg`. */
export class SqlStateError extends Error {
  override readonly name = 'SqlStateError';
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;

  constructor(
    message: string,
    facts: { code: string; detail?: string; hint?: string; cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    if (facts.detail !== undefined) this.detail = facts.detail;
    if (facts.hint !== undefined) this.hint = facts.hint;
  }
}

/** The SQLSTATE of an error from either driver, or undefined when PostgreSQL did not raise it. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}

/**
 * States that come from two sessions touching the same catalog rows at once; the statement took no effect and may be sent again.
 * XX000 counts only as "tuple concurrently updated", 23505 only on a catalog index.
 */
export function isCatalogRace(error: unknown): boolean {
  const code = sqlStateOf(error);
  const message = error instanceof Error ? error.message : '';
  if (code === 'XX000') return /tuple concurrently (updated|deleted)/.test(message);
  if (code === '23505') return /"pg_[a-z_]+_index"/.test(message);
  return code === '40001' || code === '40P01';
}
