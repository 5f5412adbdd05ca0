import { markFailedStep } from '@tenantry/tenancy';
import type { LifecycleStep, LifecycleWorker } from '@tenantry/tenancy';
import { catchAll, namedStates, nameFailure, stepTask } from './states.ts';
import type { State, StateMachineDefinition, Transition, Worker } from './states.ts';

/** What a lifecycle workflow is drawn from. */
export interface DrawLifecycleOptions {
  readonly comment: string;
  /** The steps in order. */
  readonly steps: readonly LifecycleStep[];
  readonly workers: Readonly<Record<LifecycleWorker, Worker>>;
}

/**
 * The state machine of a step list: the steps in order; a step whose retries are spent leads to its own undo step or the nearest one
 * before it, then to all earlier ones, last first, then to `mark-failed`, and the execution fails with the step's error.
 */
export function drawLifecycle({
  comment,
  steps,
  workers,
}: DrawLifecycleOptions): StateMachineDefinition {
  const [first] = steps;
  if (first === undefined)
    throw new Error('a workflow without steps was given, at least one is needed');
  const places = steps.map((step, index) => ({
    step,
    next: steps[index + 1],
    before: steps.slice(0, index),
  }));
  const states = namedStates([
    ...places.flatMap((place) => drawStep(place, workers)),
    ...places.flatMap((place) => drawUndo(place, workers)).toReversed(),
    ...drawEnd(workers),
  ]);
  return { Comment: comment, StartAt: first.name, States: states };
}

type Workers = DrawLifecycleOptions['workers'];
type NamedState = readonly [string, State];

/** A step and its place in the list. */
interface Place {
  readonly step: LifecycleStep;
  readonly next: LifecycleStep | undefined;
  readonly before: readonly LifecycleStep[];
}

function drawStep({ step, next, before }: Place, workers: Workers): NamedState[] {
  const { name, worker } = step;
  const failed = `${name}-failed`;
  const transition: Transition = next === undefined ? { End: true } : { Next: next.name };
  return [
    [
      name,
      { ...stepTask(name, workers[worker]), Catch: catchAll(failed, '$.failure'), ...transition },
    ],
    [failed, nameFailure(name, lastUndo([...before, step]))],
  ];
}

function drawUndo({ step, before }: Place, workers: Workers): NamedState[] {
  return step.undo === undefined
    ? []
    : [[step.undo.name, closingTask(step.undo, lastUndo(before), workers)]];
}

function drawEnd(workers: Workers): NamedState[] {
  return [
    [markFailedStep.name, closingTask(markFailedStep, 'failed', workers)],
    ['failed', { Type: 'Fail', ErrorPath: '$.failure.error', CausePath: '$.failure.cause' }],
  ];
}

// Neither the answer nor the failure of a closing task is in the way: the failure that began it must reach the end.
function closingTask({ name, worker }: LifecycleStep, next: string, workers: Workers): State {
  return {
    ...stepTask(name, workers[worker]),
    ResultPath: null,
    Catch: catchAll(next, '$.undoFailure'),
    Next: next,
  };
}

function lastUndo(steps: readonly LifecycleStep[]): string {
  return steps.findLast((step) => step.undo !== undefined)?.undo?.name ?? markFailedStep.name;
}
