import { sqlStateOf } from '@tenantry/database';
import type { StepEvent } from '@tenantry/tenancy';

/** A step's work: gets the workflow's state, answers with the next one. It may run twice, or twice at once. */
export type Step = (state: never, execution: string) => Promise<unknown>;

/**
 * The handler of a worker that knows the named steps. Errors keep their name, which the state machine's retry rules match on, and a
 * refusal of PostgreSQL carries its SQLSTATE in the message, which is all that a workflow's history keeps.
 */
export function stepHandler(steps: Readonly<Record<string, Step>>) {
  return async (event: StepEvent<unknown>): Promise<unknown> => {
    const step = steps[event.step];
    if (step === undefined) throw new TypeError(`this worker has no step "${event.step}"`);
    try {
      return await step(event.state as never, event.execution);
    } catch (error) {
      throw withSqlState(error);
    }
  };
}

/** The error with PostgreSQL's code in its message, where PostgreSQL was what refused. */
export function withSqlState(error: unknown): unknown {
  const code = sqlStateOf(error);
  if (!(error instanceof Error) || code === undefined || error.message.includes('SQLSTATE'))
    return error;
  error.message = `${error.message} (SQLSTATE ${code})`;
  return error;
}
