/** Most bytes of a state's input or output: AWS's limit. */
export const maxStateBytes = 262_144;

/**
 * An error of a state: `name` is what `ErrorEquals` is compared with, the message is the cause. The two flags are read by the
 * interpreter.
 */
export class StateError extends Error {
  override readonly name: string;
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, options: { readonly isFinal?: boolean } = {}) {
    super(cause);
    this.name = name;
    this.isRetryable = options.isFinal !== true;
    this.isCatchable = options.isFinal !== true;
  }
}

/** The error of data above AWS's limit; no Retry and no Catch takes it. */
export function dataLimitError(state: string): StateError {
  const cause = `The state/task '${state}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  return new StateError('States.DataLimitExceeded', cause, { isFinal: true });
}

/** The text of a value; throws `States.DataLimitExceeded` when it is too long for a state. */
export function serializeState(value: unknown, state: string): string {
  const text = JSON.stringify(value ?? null);
  if (isTooLong(text)) throw dataLimitError(state);
  return text;
}

/** Whether a text has more bytes than a state may have. */
export function isTooLong(text: string): boolean {
  return (
    text.length > maxStateBytes ||
    (text.length * 3 > maxStateBytes && Buffer.byteLength(text) > maxStateBytes)
  );
}
