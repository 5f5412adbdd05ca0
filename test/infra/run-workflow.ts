import { StateMachine } from 'aws-local-stepfunctions';
import type { Definition } from './platform-template.ts';

/** What a task of a workflow is called with. */
export interface TaskInput {
  readonly step?: string;
  readonly execution?: string;
  readonly state: Readonly<Record<string, unknown>>;
}

/** What became of an execution. */
export interface Outcome {
  readonly output?: unknown;
  /** Text of the error and its causes. */
  readonly error?: string;
}

/**
 * Executes a definition with a local stand-in for each of its tasks, by the state's name. Retries do not wait. The stand-ins replace
 * the calls, so the placeholders that the definition has for ARNs do not matter.
 */
export async function runWorkflow(
  definition: Definition,
  input: object,
  tasks: Readonly<Record<string, (input: TaskInput) => unknown>>,
): Promise<Outcome> {
  const machine = new StateMachine(definition as never, {
    validationOptions: { noValidate: true },
  });
  const { result } = machine.run(input as never, {
    overrides: {
      taskResourceLocalHandlers: tasks as never,
      retryIntervalOverrides: Object.fromEntries(Object.keys(tasks).map((name) => [name, [0, 0]])),
    },
    context: { Execution: { Name: 'execution-1' } },
  });
  return await result.then(
    (output) => ({ output }),
    (error: unknown) => ({ error: describe(error) }),
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? `${error.name}: ${error.message}`
    : `${error.message}: ${describe(error.cause)}`;
}
