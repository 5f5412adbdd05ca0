import type { InterpreterEvent } from './interpreter.ts';
import { isTooLong } from './state-error.ts';

/** An event as `GetExecutionHistory` answers it; the timestamp is in seconds since 1970. */
export interface HistoryEvent {
  readonly timestamp: number;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: `${string}Details`]: object;
}

/** AWS ends an execution with more. */
export const maxEvents = 25_000;

/** Records what happens in an execution, in AWS's words. */
export class ExecutionHistory {
  readonly events: HistoryEvent[] = [];
  readonly #stateTypes: ReadonlyMap<string, string>;
  readonly #onLimit: (limit: { readonly state: string } | 'events') => void;

  /** `onLimit` is told when a state's output is too large, or the history too long. */
  constructor(
    stateTypes: ReadonlyMap<string, string>,
    onLimit: (limit: { readonly state: string } | 'events') => void,
  ) {
    this.#stateTypes = stateTypes;
    this.#onLimit = onLimit;
  }

  /** Adds an event; its details go under AWS's name for them, made from the type unless given. */
  add(
    type: string,
    details?: object,
    detailsName = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`,
  ): void {
    const id = this.events.length + 1;
    const event = { timestamp: Date.now() / 1000, type, id, previousEventId: id - 1 };
    this.events.push(details === undefined ? event : { ...event, [detailsName]: details });
    if (id === maxEvents) this.#onLimit('events');
  }

  /** Adds the interpreter's events until its run ends. */
  async follow(events: AsyncIterable<InterpreterEvent>): Promise<void> {
    for await (const event of events) this.#addInterpreterEvent(event);
  }

  #addInterpreterEvent({ type, state, Error: error }: InterpreterEvent): void {
    if (state === undefined) return;
    const stateType = this.#stateTypes.get(state.name) ?? 'Task';
    if (type === 'StateEntered') {
      const details = { name: state.name, input: JSON.stringify(state.input) };
      this.add(`${stateType}StateEntered`, details, 'stateEnteredEventDetails');
    }
    if (type === 'StateExited') {
      const output = JSON.stringify(state.output ?? null);
      this.add(`${stateType}StateExited`, { name: state.name, output }, 'stateExitedEventDetails');
      if (isTooLong(output)) this.#onLimit({ state: state.name });
    }
    if (type === 'StateFailed' && error === 'States.Timeout') {
      this.add('LambdaFunctionTimedOut', { error });
    }
  }
}
