import { applicationRetry, stepRetry, terminalErrorNames } from '@tenantry/tenancy';

/** One state in the Amazon States Language, as far as our workflows use it. */
export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | MapState
  | SucceedState
  | FailState;

/** Where a state leads: to another state or to the end. */
export type Transition = { readonly Next: string } | { readonly End: true };

/** Calls a function with `Parameters`; its answer replaces the state unless `ResultPath` is null. */
export type TaskState = Transition & {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Parameters: Readonly<Record<string, string>>;
  readonly ResultPath?: null;
  readonly TimeoutSeconds: number;
  readonly Retry: readonly object[];
  readonly Catch?: readonly Catcher[];
};

/** Where an error leads, and where in the state it is kept. */
export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath: string | null;
  readonly Next: string;
}

/** Writes `Parameters` into the state at `ResultPath`. */
export type PassState = Transition & {
  readonly Type: 'Pass';
  readonly Parameters: Readonly<Record<string, string>>;
  readonly ResultPath: string;
};

/** Goes on according to one text in the state. */
export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Choices: readonly {
    readonly Variable: string;
    readonly StringEquals: string;
    readonly Next: string;
  }[];
  readonly Default: string;
}

/** Goes on after the seconds, or at the time, that the state names. */
export type WaitState = Transition & { readonly Type: 'Wait' } & (
    | { readonly SecondsPath: string }
    | { readonly TimestampPath: string }
  );

/** Runs child executions over items, each given to its child as `ItemSelector` says. */
export type MapState = Transition & {
  readonly Type: 'Map';
  readonly ItemsPath: string;
  readonly ItemSelector: Readonly<Record<string, string>>;
  readonly MaxConcurrency: number;
  readonly ToleratedFailureCount: number;
  readonly ItemProcessor: StateMachineDefinition & {
    readonly ProcessorConfig: { readonly Mode: 'DISTRIBUTED'; readonly ExecutionType: 'STANDARD' };
  };
  readonly ResultPath: null;
  readonly Catch: readonly Catcher[];
};

/** Ends the execution well; its output is the state. */
export interface SucceedState {
  readonly Type: 'Succeed';
}

/** Ends the execution as failed. */
export type FailState = { readonly Type: 'Fail' } & (
  | { readonly Error: string; readonly Cause: string }
  | { readonly ErrorPath: string; readonly CausePath: string }
);

/** A state machine in the Amazon States Language. */
export interface StateMachineDefinition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** The function that does a step. */
export interface Worker {
  /**
   * Whether its steps wait for CloudFormation: they ask again and again until it is done.
   * @default false
   */
  readonly awaitsApplications?: boolean;
  /** ARN of the function. */
  readonly arn: string;
  /** The function's own time-out; the state waits a little longer, so that the function's error is the one that is seen. */
  readonly timeoutSeconds: number;
}

/** A task that does one step of a workflow: the worker gets `{ step, execution, state }`. */
export function stepTask(step: string, worker: Worker) {
  return {
    ...taskOf(worker),
    Parameters: { step, 'execution.$': '$$.Execution.Name', 'state.$': '$' },
  };
}

/** The parts of a task that do not depend on what its worker is called with. */
export function taskOf(worker: Worker) {
  return {
    Type: 'Task',
    Resource: worker.arn,
    TimeoutSeconds: worker.timeoutSeconds + 10,
    Retry: [
      { ErrorEquals: terminalErrorNames, MaxAttempts: 0 },
      ...(worker.awaitsApplications === true ? [retrier(applicationRetry)] : []),
      { ...retrier({ ...stepRetry, errorNames: ['States.ALL'] }), JitterStrategy: 'FULL' },
    ],
  } as const;
}

/** How often a task is tried again after these errors, and how long it waits. */
interface Retry {
  readonly errorNames: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
}

function retrier(retry: Retry) {
  return {
    ErrorEquals: retry.errorNames,
    IntervalSeconds: retry.intervalSeconds,
    MaxAttempts: retry.maxAttempts,
    BackoffRate: retry.backoffRate,
    MaxDelaySeconds: retry.maxDelaySeconds,
  };
}

/** Catches every error, keeps it at `resultPath` and goes on with state `next`. */
export function catchAll(next: string, resultPath: string): readonly Catcher[] {
  return [{ ErrorEquals: ['States.ALL'], ResultPath: resultPath, Next: next }];
}

/** Goes on with the state that `nextByValue` names for the text at `variable`, or with `otherwise`. */
export function choose(
  variable: string,
  nextByValue: Readonly<Record<string, string>>,
  otherwise: string,
): ChoiceState {
  const choices = Object.entries(nextByValue).map(([value, next]) => ({
    Variable: variable,
    StringEquals: value,
    Next: next,
  }));
  return { Type: 'Choice', Choices: choices, Default: otherwise };
}

/** Turns the error that `catchAll` kept at `$.failure` into a `WorkflowFailure` that names the step. */
export function nameFailure(step: string, next: string): PassState {
  return {
    Type: 'Pass',
    Parameters: { step, 'error.$': '$.failure.Error', 'cause.$': '$.failure.Cause' },
    ResultPath: '$.failure',
    Next: next,
  };
}

/** The states by name. Throws for a name that is used twice: the second state would replace the first. */
export function namedStates(states: Iterable<readonly [string, State]>): Record<string, State> {
  const named: Record<string, State> = {};
  for (const [name, state] of states) {
    if (name in named) throw new Error(`two states are called "${name}", names must differ`);
    named[name] = state;
  }
  return named;
}
