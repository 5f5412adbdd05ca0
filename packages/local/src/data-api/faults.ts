import { DataApiError } from './data-api-error.ts';

/** A call as a fault sees it. */
export interface FaultCall {
  readonly operation: string;
  readonly sql: string | undefined;
}

/** What goes wrong: the cluster wakes up, the service throttles, or the call is done and its reply is lost. */
export type FaultKind = 'resuming' | 'throttled' | 'dropped-reply';

/** Which calls a fault hits. */
export interface FaultOptions {
  /** How many calls it hits before it is over. @default 1 */
  readonly times?: number;
  /** Which calls count. @default - every call */
  readonly matches?: (call: FaultCall) => boolean;
}

/** Faults that a test asks for. */
export interface DataApiFaults {
  /** The next matching calls fail in this way; several faults wait for their turn in order. */
  inject(kind: FaultKind, options?: FaultOptions): void;
  /** Forgets all faults that have not happened yet. */
  clear(): void;
}

interface PendingFault {
  readonly kind: FaultKind;
  readonly matches: (call: FaultCall) => boolean;
  left: number;
}

/** The faults of one Data API. `next` takes the fault that hits this call. */
export class FaultQueue implements DataApiFaults {
  #pending: PendingFault[] = [];

  inject(kind: FaultKind, options: FaultOptions = {}): void {
    const { times = 1, matches = () => true } = options;
    this.#pending.push({ kind, matches, left: times });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The fault for this call, used up by asking; undefined when the call goes well. */
  next(call: FaultCall): FaultKind | undefined {
    const fault = this.#pending.find(({ matches }) => matches(call));
    if (fault === undefined) return undefined;
    fault.left -= 1;
    if (fault.left <= 0) this.#pending = this.#pending.filter((other) => other !== fault);
    return fault.kind;
  }
}

/** Throws the error that the fault answers with; a dropped reply lets the call go on. */
export function throwFault(kind: FaultKind | undefined): void {
  if (kind === 'resuming') {
    throw new DataApiError(
      'DatabaseResumingException',
      'The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds and try again.',
    );
  }
  if (kind === 'throttled') throw new DataApiError('ThrottlingException', 'Rate exceeded');
}
