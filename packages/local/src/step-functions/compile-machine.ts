import { parseDefinition } from './check-definition.ts';
import { renameExecutionPaths } from './context-paths.ts';
import { createInterpreter } from './interpreter.ts';
import type { Interpreter } from './interpreter.ts';
import type {
  Fields,
  LocalMachine,
  MachineDefinition,
  StateDefinition,
} from './machine-definition.ts';

/** What a state that runs as a task really does. */
export type Binding =
  | { readonly kind: 'function'; readonly functionArn: string; readonly limitSeconds: number }
  | { readonly kind: 'invoke'; readonly limitSeconds: number }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'map'; readonly map: MapProgram };

/** A Map state: a machine run once an item or batch. */
export interface MapProgram {
  readonly state: string;
  readonly isDistributed: boolean;
  readonly isBatched: boolean;
  readonly child: Interpreter;
  /** Makes the child's input of one item; without it the item is the input. */
  readonly selector?: Interpreter;
}

/** A state machine ready to run. */
export interface CompiledMachine extends LocalMachine {
  readonly interpreter: Interpreter;
  readonly bindings: ReadonlyMap<string, Binding>;
  /** The type in the definition of each state, by the state's name, those inside Map and Parallel states too. */
  readonly stateTypes: ReadonlyMap<string, string>;
}

interface Lowering {
  readonly bindings: Map<string, Binding>;
  readonly stateTypes: Map<string, string>;
}

/** On AWS a task without a limit has 99,999,999 seconds; Node's timers end here. */
const maxTimeoutSeconds = 2_147_483;

/**
 * Checks a valid definition and lowers what the interpreter would ignore or do otherwise: Map states become tasks that run child machines,
 * tasks get AWS's default time limit. Throws `LocalError` for anything that would run otherwise here than on AWS.
 */
export function compileMachine(machine: LocalMachine): CompiledMachine {
  const definition = renameExecutionPaths(parseDefinition(machine));
  const lowering: Lowering = { bindings: new Map(), stateTypes: new Map() };
  const interpreter = createInterpreter(lowerMachine(definition, lowering));
  return { ...machine, interpreter, ...lowering };
}

function lowerMachine(definition: MachineDefinition, lowering: Lowering): object {
  const states = Object.entries(definition.States).map(([name, state]) => {
    lowering.stateTypes.set(name, state.Type);
    return [name, lowerState(name, dropRootPaths(state), lowering)];
  });
  const limit = definition['TimeoutSeconds'];
  return {
    StartAt: definition.StartAt,
    States: Object.fromEntries(states) as object,
    ...(limit !== undefined && { TimeoutSeconds: Math.min(Number(limit), maxTimeoutSeconds) }),
  };
}

/** The interpreter takes the path `$` for a field of that name in results, and finds nothing there in a text. */
function dropRootPaths(state: StateDefinition): StateDefinition {
  const kept = Object.entries(state).filter(
    ([field, value]) => value !== '$' || !['InputPath', 'OutputPath', 'ResultPath'].includes(field),
  );
  const catchers = state['Catch'] as readonly Fields[] | undefined;
  const lowered = catchers?.map(({ ResultPath, ...catcher }) =>
    ResultPath === '$' || ResultPath === undefined ? catcher : { ...catcher, ResultPath },
  );
  return { ...Object.fromEntries(kept), ...(lowered && { Catch: lowered }) } as StateDefinition;
}

function lowerState(name: string, state: StateDefinition, lowering: Lowering): object {
  if (state.Type === 'Task') return lowerTask(name, state, lowering);
  if (state.Type === 'Map') return lowerMap(name, state, lowering);
  if (state.Type === 'Parallel') return lowerParallel(state, lowering);
  if (state.Type === 'Pass' && 'Result' in state) return lowerPass(name, state, lowering);
  return state;
}

function lowerTask(name: string, state: StateDefinition, { bindings }: Lowering): object {
  const functionArn = String(state['Resource']);
  const isInvoke = functionArn.endsWith(':::lambda:invoke');
  const limitSeconds = Math.min(
    Number(state['TimeoutSeconds'] ?? maxTimeoutSeconds),
    maxTimeoutSeconds,
  );
  bindings.set(
    name,
    isInvoke ? { kind: 'invoke', limitSeconds } : { kind: 'function', functionArn, limitSeconds },
  );
  if (state['TimeoutSecondsPath'] !== undefined) return state;
  return { ...state, TimeoutSeconds: limitSeconds };
}

function lowerParallel(state: StateDefinition, lowering: Lowering): object {
  const branches = state['Branches'] as readonly MachineDefinition[];
  return { ...state, Branches: branches.map((branch) => lowerMachine(branch, lowering)) };
}

/** The interpreter overlooks results that are empty: 0, false, null, ''. */
function lowerPass(name: string, state: StateDefinition, { bindings }: Lowering): object {
  const { Result: result, Parameters: _unused, ...rest } = state;
  if (result) return state;
  bindings.set(name, { kind: 'result', result });
  return { ...rest, Type: 'Task', Resource: 'local' };
}

const mapOnlyFields = /^(Item|Iterator|Label|Max|Parameters|Tolerated)/;

function lowerMap(name: string, state: StateDefinition, lowering: Lowering): object {
  const processor = (state['ItemProcessor'] ?? state['Iterator']) as MachineDefinition;
  const { Mode: mode } = (processor['ProcessorConfig'] ?? {}) as Fields;
  const selector = (state['ItemSelector'] ?? state['Parameters']) as Fields | undefined;
  const map: MapProgram = {
    state: name,
    isDistributed: mode === 'DISTRIBUTED',
    isBatched: state['ItemBatcher'] !== undefined,
    child: createInterpreter(lowerMachine(processor, lowering)),
    ...(selector && { selector: createSelector(selector) }),
  };
  lowering.bindings.set(name, { kind: 'map', map });
  const kept = Object.entries(state).filter(([field]) => !mapOnlyFields.test(field));
  return {
    ...Object.fromEntries(kept),
    Type: 'Task',
    Resource: 'local',
    TimeoutSeconds: maxTimeoutSeconds,
    Parameters: mapParameters(state),
  };
}

function createSelector(template: Fields): Interpreter {
  const select = { Type: 'Pass', Parameters: template, End: true };
  return createInterpreter({ StartAt: 'select', States: { select } });
}

/** A template that the interpreter fills with everything a Map state reads from its input. */
function mapParameters(state: StateDefinition): object {
  const batcher = (state['ItemBatcher'] ?? {}) as Fields;
  return {
    'input.$': '$',
    'items.$': state['ItemsPath'] ?? '$',
    ...valueOrPath('maxConcurrency', state, 'MaxConcurrency'),
    ...valueOrPath('toleratedCount', state, 'ToleratedFailureCount'),
    ...valueOrPath('toleratedPercentage', state, 'ToleratedFailurePercentage'),
    ...valueOrPath('batchSize', batcher, 'MaxItemsPerBatch'),
    ...(batcher['BatchInput'] !== undefined && { batchInput: batcher['BatchInput'] }),
  };
}

function valueOrPath(name: string, fields: Fields, field: string): object {
  const path = fields[`${field}Path`];
  if (path !== undefined) return { [`${name}.$`]: path };
  return fields[field] === undefined ? {} : { [name]: fields[field] };
}
