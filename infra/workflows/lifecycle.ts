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
export function drawLifecycle(options: DrawLifecycleOptions): StateMachineDefinition {
  const { steps } = options;
  const [first] = steps;
  if (first === undefined)
    throw new Error('a workflow without steps was given, at least one is needed');
  const states = namedStates([
    ...steps.flatMap((_, index) => drawStep(index, options)),
    ...steps.flatMap((_, index) => drawUndo(index, options)).reverse(),
    ...drawEnd(options),
  ]);
  return { Comment: options.comment, StartAt: first.name, States: states };
}

type NamedState = readonly [string, State];

function drawStep(index: number, { steps, workers }: DrawLifecycleOptions): NamedState[] {
  const step = steps[index]!;
  const following = steps[index + 1];
  const transition: Transition = following === undefined ? { End: true } : { Next: following.name };
  const failed = `${step.name}-failed`;
  return [
    [
      step.name,
      {
        ...stepTask(step.name, workers[step.worker]),
        Catch: catchAll(failed, '$.failure'),
        ...transition,
      },
    ],
    [failed, nameFailure(step.name, firstUndo(steps.slice(0, index + 1)))],
  ];
}

// What undo steps and mark-failed answer is not kept: the failure must reach the end of the workflow whatever becomes of them.
function drawUndo(index: number, { steps, workers }: DrawLifecycleOptions): NamedState[] {
  const undo = steps[index]!.undo;
  if (undo === undefined) return [];
  const next = firstUndo(steps.slice(0, index));
  return [
    [
      undo.name,
      {
        ...stepTask(undo.name, workers[undo.worker]),
        ResultPath: null,
        Catch: catchAll(next, '$.undoFailure'),
        Next: next,
      },
    ],
  ];
}

function drawEnd({ workers }: DrawLifecycleOptions): NamedState[] {
  const { name, worker } = markFailedStep;
  return [
    [
      name,
      {
        ...stepTask(name, workers[worker]),
        ResultPath: null,
        Catch: catchAll('failed', '$.undoFailure'),
        Next: 'failed',
      },
    ],
    ['failed', { Type: 'Fail', ErrorPath: '$.failure.error', CausePath: '$.failure.cause' }],
  ];
}

function firstUndo(done: readonly LifecycleStep[]): string {
  return done.findLast((step) => step.undo !== undefined)?.undo?.name ?? markFailedStep.name;
}
