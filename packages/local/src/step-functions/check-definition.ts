import { LocalError } from '../errors.ts';
import type {
  Fields,
  LocalMachine,
  MachineDefinition,
  StateDefinition,
} from './machine-definition.ts';
import {
  batcherFields,
  catcherFields,
  choiceFields,
  contextPaths,
  machineFields,
  processorFields,
  retrierFields,
  stateFields,
} from './supported-fields.ts';

/** Node's timers end at 2^31 - 1 milliseconds and fire at once beyond. */
const maxWaitSeconds = 2_147_483;

const lambdaArn = /^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?$/;
const lambdaInvoke = 'arn:aws:states:::lambda:invoke';

/**
 * The definition of a machine that is valid, known to hold nothing that would run otherwise here than on AWS. Throws `LocalError` that
 * names machine, state and field.
 */
export function parseDefinition(machine: LocalMachine): MachineDefinition {
  const definition = machine.definition as MachineDefinition;
  checkMachine(definition, machine.name);
  checkContextPaths(definition, machine.name);
  return definition;
}

function checkMachine(definition: MachineDefinition, where: string): void {
  checkFields(definition, machineFields, where);
  checkLanguage(definition, where);
  for (const [name, state] of Object.entries(definition.States)) {
    checkState(state, `${where}, state "${name}"`);
  }
}

function checkState(state: StateDefinition, where: string): void {
  checkFields(state, stateFields[state.Type] ?? [], where);
  checkLanguage(state, where);
  for (const retrier of listOf(state['Retry']))
    checkHandler(retrier, retrierFields, `${where}, Retry`);
  for (const catcher of listOf(state['Catch']))
    checkHandler(catcher, catcherFields, `${where}, Catch`);
  for (const rule of listOf(state['Choices'])) checkRule(rule, `${where}, Choices`);
  for (const branch of listOf(state['Branches'])) checkMachine(branch as MachineDefinition, where);
  if (state.Type === 'Task') checkTask(state, where);
  if (state.Type === 'Map') checkMap(state, where);
  if (state.Type === 'Fail') checkFail(state, where);
  if (Number(state['Seconds'] ?? 0) > maxWaitSeconds)
    throw unsupported(`${where} waits longer than ${maxWaitSeconds} seconds.`);
}

function checkTask(state: StateDefinition, where: string): void {
  const resource = String(state['Resource']);
  if (resource === lambdaInvoke) {
    const parameters = (state['Parameters'] ?? {}) as Fields;
    checkFields(
      parameters,
      ['FunctionName', 'FunctionName.$', 'Payload', 'Payload.$'],
      `${where}, Parameters`,
    );
  } else if (!lambdaArn.test(resource)) {
    throw unsupported(
      `${where} has the resource ${resource}; only functions and ${lambdaInvoke} run here.`,
    );
  }
}

function checkMap(state: StateDefinition, where: string): void {
  const processor = (state['ItemProcessor'] ?? state['Iterator']) as MachineDefinition;
  const config = (processor['ProcessorConfig'] ?? {}) as Fields;
  checkFields(config, processorFields, `${where}, ProcessorConfig`);
  checkFields((state['ItemBatcher'] ?? {}) as Fields, batcherFields, `${where}, ItemBatcher`);
  if (config['Mode'] !== 'DISTRIBUTED') {
    const distributedOnly = Object.keys(state).find((field) =>
      /^(ItemBatcher|Label|Tolerated)/.test(field),
    );
    if (distributedOnly !== undefined)
      throw unsupported(`${where} has ${distributedOnly}, but its Mode is not DISTRIBUTED.`);
  }
  checkMachine(processor, where);
}

function checkFail(state: StateDefinition, where: string): void {
  for (const field of ['ErrorPath', 'CausePath']) {
    const path = state[field] as string | undefined;
    if (path === undefined || path.startsWith('$')) continue;
    throw unsupported(`${where} has an intrinsic function in ${field}; only paths run here.`);
  }
}

function checkHandler(handler: Fields, fields: readonly string[], where: string): void {
  checkFields(handler, fields, where);
  if (!(handler['ErrorEquals'] as readonly string[]).includes('States.DataLimitExceeded')) return;
  throw unsupported(
    `${where} names States.DataLimitExceeded, which always ends an execution here.`,
  );
}

function checkRule(rule: Fields, where: string): void {
  checkFields(rule, choiceFields, where);
  const inner = [...listOf(rule['And']), ...listOf(rule['Or'])];
  if (rule['Not'] !== undefined) inner.push(rule['Not'] as Fields);
  for (const part of inner) checkRule(part, where);
}

function checkContextPaths(definition: MachineDefinition, machine: string): void {
  for (const [path] of JSON.stringify(definition).matchAll(/\$\$(?:[.[][\w.]*|(?="))/g)) {
    const isThere = contextPaths.some((known) => `${path}.`.startsWith(`$$.${known}.`));
    if (!isThere)
      throw unsupported(
        `State machine ${machine} reads ${path}; of the context object ${contextPaths.join(', ')} are there.`,
      );
  }
}

function checkLanguage(fields: Fields, where: string): void {
  const language = fields['QueryLanguage'] ?? 'JSONPath';
  if (language !== 'JSONPath')
    throw unsupported(
      `${where} has QueryLanguage ${JSON.stringify(language)}; only JSONPath runs here.`,
    );
}

function checkFields(fields: Fields, supported: readonly string[], where: string): void {
  const unknown = Object.keys(fields).filter((field) => !supported.includes(field));
  if (unknown.length > 0)
    throw unsupported(
      `${where} has ${unknown.join(', ')}, which would run otherwise here than on AWS.`,
    );
}

function listOf(value: unknown): Fields[] {
  return (value ?? []) as Fields[];
}

function unsupported(message: string): LocalError {
  return new LocalError('LOCAL_MACHINE_UNSUPPORTED', message, {
    next: 'change the definition in infra/, then synthesize again: npx cdk synth',
  });
}
