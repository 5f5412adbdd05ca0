import { markFailedStep } from '@tenantry/tenancy';
import type { LifecycleStep, LifecycleWorker } from '@tenantry/tenancy';
import { catchAll, choose, namedStates, nameFailure, stepTask } from './states.ts';
import type { State, StateMachineDefinition, Transition, Worker } from './states.ts';

/** What a lifecycle workflow is drawn from. */
export interface DrawLifecycleOptions {
  readonly comment: string;
  /** The steps in order; all tenants need the first and the last. */
  readonly steps: readonly LifecycleStep[];
  /** Path of the tenant's isolation in the state. */
  readonly isolation: string;
  readonly workers: Readonly<Record<LifecycleWorker, Worker>>;
}

/**
 * The state machine of a step list: the steps in order; a step whose retries are spent leads to its own undo step or the nearest one
 * before it, then to all earlier ones, last first, then to `mark-failed`, and the execution fails with the step's error. Before a step that
 * only tenants of one isolation need, and before its undo, the machine looks at the isolation: for other tenants nothing is called.
 */
export function drawLifecycle(options: DrawLifecycleOptions): StateMachineDefinition {
  const { comment, steps } = options;
  const [first] = steps;
  if (first === undefined)
    throw new Error('a workflow without steps was given, at least one is needed');
  const places = steps.map((step, index) => ({
    step,
    before: steps.slice(0, index),
    after: steps.slice(index + 1),
  }));
  const states = namedStates([
    ...places.flatMap((place) => drawStep(place, options)),
    ...places.toReversed().flatMap((place) => drawUndo(place, options)),
    ...drawEnd(options.workers),
  ]);
  return { Comment: comment, StartAt: first.name, States: states };
}

type Workers = DrawLifecycleOptions['workers'];
type NamedState = readonly [string, State];

/** A step and its place in the list. */
interface Place {
  readonly step: LifecycleStep;
  readonly before: readonly LifecycleStep[];
  readonly after: readonly LifecycleStep[];
}

function drawStep({ step, before, after }: Place, options: DrawLifecycleOptions): NamedState[] {
  const { name, worker, only } = step;
  const failed = `${name}-failed`;
  const [next] = after;
  const task = stepTask(name, options.workers[worker]);
  const states: NamedState[] = [
    [name, { ...task, Catch: catchAll(failed, '$.failure'), ...leadTo(next, only) }],
    [failed, nameFailure(name, lastUndo([...before, step]))],
  ];
  if (only === undefined || before.at(-1)?.only === only) return states;
  const others = after.find((it) => it.only === undefined);
  if (others === undefined)
    throw new Error(`step "${name}" is for some tenants only, a step for all must follow`);
  return [[dueOf(name), choose(options.isolation, { [only]: name }, others.name)], ...states];
}

function leadTo(next: LifecycleStep | undefined, only: LifecycleStep['only']): Transition {
  if (next === undefined) return { End: true };
  return { Next: next.only === undefined || next.only === only ? next.name : dueOf(next.name) };
}

function drawUndo({ step, before }: Place, options: DrawLifecycleOptions): NamedState[] {
  const { undo, only } = step;
  if (undo === undefined) return [];
  const next = lastUndo(before);
  const states: NamedState[] = [[undo.name, closingTask(undo, next, options.workers)]];
  if (only === undefined) return states;
  return [[dueOf(undo.name), choose(options.isolation, { [only]: undo.name }, next)], ...states];
}

function dueOf(name: string): string {
  return `is-${name}-due`;
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
  const last = steps.findLast((step) => step.undo !== undefined);
  if (last?.undo === undefined) return markFailedStep.name;
  return last.only === undefined ? last.undo.name : dueOf(last.undo.name);
}
