import { randomUUID } from 'node:crypto';
import { Cancellation } from './cancellation.ts';
import type { MapProgram } from './compile-machine.ts';
import type { ExecutionScope, RunProgram } from './execution-scope.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { findStateError, isRunTimeout } from './interpreter.ts';
import { serializeState, StateError } from './state-error.ts';
import { toChildren } from './map-children.ts';
import type { MapChild, MapInput } from './map-children.ts';

/** A Map state under way. */
export interface MapRun {
  readonly map: MapProgram;
  readonly scope: ExecutionScope;
  readonly runProgram: RunProgram;
}

const maxInlineChildren = 40;
/** AWS runs 10,000; here a child only waits for one of a dozen processes. */
const maxDistributedChildren = 100;

/**
 * The outputs of a Map state's children in the order of the items. An inline Map fails with its first child; a Distributed Map counts
 * failed items and throws `States.ExceedToleratedFailureThreshold` when there are more than tolerated.
 */
export async function runMap(run: MapRun, taskInput: unknown): Promise<unknown> {
  const mapInput = taskInput as MapInput;
  const { state, isDistributed } = run.map;
  if (!Array.isArray(mapInput.items)) {
    throw new StateError('States.Runtime', `The items of ${state} are not an array.`, {
      isFinal: true,
    });
  }
  const children = toChildren(await selectInputs(run, mapInput), run.map, mapInput);
  const outputs = isDistributed
    ? await runDistributed(run, children, mapInput)
    : await runInline(run, children, mapInput);
  serializeState(outputs, state);
  return outputs;
}

/** What each item becomes by `ItemSelector`; without one, the items. */
async function selectInputs(
  { map, scope, runProgram }: MapRun,
  { input, items }: MapInput,
): Promise<readonly unknown[]> {
  if (map.selector === undefined) return items;
  const selected: unknown[] = [];
  for (const [index, item] of items.entries()) {
    const context = { ...scope.context, Map: { Item: { Index: index, Value: item } } };
    selected.push(await runProgram(map.selector, input, { ...withoutHistory(scope), context }));
  }
  return selected;
}

/** The first child that fails stops the others, as on AWS. */
async function runInline(
  { map, scope, runProgram }: MapRun,
  children: readonly MapChild[],
  { items, maxConcurrency }: MapInput,
): Promise<unknown[]> {
  const outputs: unknown[] = [];
  const cancellation = new Cancellation();
  let failure: Error | undefined;
  const runChild = async ({ index, input }: MapChild): Promise<void> => {
    const context = { ...scope.context, Map: { Item: { Index: index, Value: items[index] } } };
    const record = (what: string): void =>
      scope.history?.add(`MapIteration${what}`, { name: map.state, index });
    record('Started');
    try {
      outputs[index] = await runProgram(map.child, input, { ...scope, context, cancellation });
      record('Succeeded');
    } catch (error) {
      record(failure === undefined ? 'Failed' : 'Aborted');
      failure ??= findStateError(error) ?? (error as Error);
      cancellation.cancel();
    }
  };
  scope.history?.add('MapStateStarted', { length: children.length });
  const concurrency = maxConcurrency || maxInlineChildren;
  const isDone = (): boolean => failure !== undefined;
  const work = forEachConcurrently(children, { concurrency, isDone, work: runChild });
  await scope.cancellation.during(work, () => cancellation.cancel());
  scope.cancellation.throwIfCancelled();
  if (failure !== undefined) throw failure;
  scope.history?.add('MapStateSucceeded');
  return outputs;
}

async function runDistributed(
  run: MapRun,
  children: readonly MapChild[],
  mapInput: MapInput,
): Promise<unknown[]> {
  const { map, scope } = run;
  const outputs = new Map<number, unknown>();
  const tolerated = countTolerated(mapInput);
  let failedItems = 0;
  const runChild = async (child: MapChild): Promise<void> => {
    try {
      outputs.set(child.index, await runChildExecution(run, child));
    } catch (error) {
      scope.cancellation.throwIfCancelled();
      if (findStateError(error) === undefined && !isRunTimeout(error)) throw error;
      failedItems += child.itemCount;
    }
  };
  scope.history?.add('MapRunStarted', {
    mapRunArn: `${scope.machine.arn}/${map.state}:${randomUUID()}`,
  });
  const concurrency = Math.min(
    mapInput.maxConcurrency || maxDistributedChildren,
    maxDistributedChildren,
  );
  const isDone = (): boolean => failedItems > tolerated;
  await forEachConcurrently(children, { concurrency, isDone, work: runChild });
  if (failedItems > tolerated) throw thresholdError(scope, failedItems, mapInput.items.length);
  scope.history?.add('MapRunSucceeded');
  return children.filter(({ index }) => outputs.has(index)).map(({ index }) => outputs.get(index));
}

/** A child of a Distributed Map is an execution of its own, with its own place in the context object. */
function runChildExecution(
  { map, scope, runProgram }: MapRun,
  { input }: MapChild,
): Promise<unknown> {
  const Name = randomUUID();
  const Id = `${scope.machine.arn.replace(':stateMachine:', ':execution:')}/${map.state}:${Name}`;
  const Run = { Id, Name, Input: input, StartTime: new Date().toISOString() };
  return runProgram(map.child, input, { ...withoutHistory(scope), context: { Run } });
}

/** Both limits count; without any, no item may fail. */
function countTolerated({ items, toleratedCount, toleratedPercentage }: MapInput): number {
  if (toleratedCount === undefined && toleratedPercentage === undefined) return 0;
  return Math.min(toleratedCount ?? Infinity, ((toleratedPercentage ?? 100) / 100) * items.length);
}

function thresholdError(scope: ExecutionScope, failedItems: number, itemCount: number): StateError {
  const error = 'States.ExceedToleratedFailureThreshold';
  const cause = `The specified tolerated failure threshold was exceeded: ${failedItems} of ${itemCount} items failed.`;
  scope.history?.add('MapRunFailed', { error, cause });
  return new StateError(error, cause);
}

function withoutHistory({ history: _history, ...scope }: ExecutionScope): ExecutionScope {
  return scope;
}
