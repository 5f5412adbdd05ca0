import { StateError } from './state-error.ts';

/** Says to everything that runs for an execution that it has ended from outside. */
export class Cancellation {
  #isCancelled = false;
  readonly #listeners = new Set<() => void>();

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Calls all listeners, once. */
  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    for (const listener of this.#listeners) listener();
  }

  /** Runs `work` and meanwhile calls `listener` when the execution ends. */
  async during<Result>(work: Promise<Result>, listener: () => void): Promise<Result> {
    this.#listeners.add(listener);
    try {
      if (this.#isCancelled) listener();
      return await work;
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Throws an error that no Retry and no Catch takes, once the execution has ended. */
  throwIfCancelled(): void {
    if (this.#isCancelled)
      throw new StateError('Cancelled', 'The execution has ended.', { isFinal: true });
  }
}
