/** Things that were opened and must be closed again, last first. */
export interface ClosingStack {
  /** Remembers how to close what was just opened. */
  push(name: string, close: () => Promise<void> | void): void;
  /**
   * Closes everything, last opened first, each within the time limit. A failure does not stop the others; all failures are thrown
   * together as an `AggregateError`. The second call waits for the first.
   */
  close(): Promise<void>;
}

interface Closer {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** An empty stack; `timeoutMs` is how long one thing may take to close. */
export function createClosingStack(timeoutMs: number): ClosingStack {
  const closers: Closer[] = [];
  let closed: Promise<void> | undefined;
  return {
    push: (name, close) => closers.push({ name, close }),
    close: () => (closed ??= closeAll(closers, timeoutMs)),
  };
}

async function closeAll(closers: Closer[], timeoutMs: number): Promise<void> {
  const failures: Error[] = [];
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
    try {
      await closeWithin(closer, timeoutMs);
    } catch (cause) {
      failures.push(
        new Error(`${closer.name} could not be closed: ${(cause as Error).message}`, { cause }),
      );
    }
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }
}

async function closeWithin({ close }: Closer, timeoutMs: number): Promise<void> {
  const timeOut = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => timeOut.reject(new Error(`it did not end within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  await Promise.race([close(), timeOut.promise]).finally(() => clearTimeout(timer));
}
