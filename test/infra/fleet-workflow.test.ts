import { StateMachine } from 'aws-local-stepfunctions';
import { expect, test } from 'vitest';
import { synthesizePlatform } from './synthesize-platform.ts';
import { findDefinitionErrors } from './validate-definition.ts';

const platform = synthesizePlatform();
const definition = platform.definition('migrate-fleet');
const wave = definition['States']['migrate-wave'];

type Answers = Record<string, any[]>;

/**
 * Runs the definition with steps that answer from lists; an `Error` is thrown. The runner knows no Distributed Map, so the wave is
 * replaced by a task that keeps what the map would be called with.
 */
async function run(answers: Answers) {
  const calls: string[] = [];
  const states: Record<string, unknown> = {};
  const { Catch, Next, ResultPath } = wave;
  const task = { Type: 'Task', Resource: 'map', Catch, Next, ResultPath };
  const machine = { ...definition, States: { ...definition['States'], 'migrate-wave': task } };
  const names = ['start-run', 'next-wave', 'migrate-wave', 'judge-wave', 'finish-run'];
  const answer = (name: string) => (event: any) => {
    calls.push(name);
    states[name] = event.state;
    const next = answers[name]?.shift();
    if (next instanceof Error) throw next;
    return next ?? null;
  };
  const { result } = new StateMachine(machine as never, {
    validationOptions: { noValidate: true },
  }).run(
    { hash: 'h', selection: { all: true }, reason: 'deploy', actor: 'deploy' },
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(names.map((name) => [name, answer(name)])),
      },
      context: { Execution: { Name: 'execution-1' } } as never,
    },
  );
  const outcome = await result.then(
    (output) => ({ output }),
    (error: Error) => ({ error }),
  );
  return { calls, states, ...outcome } as {
    calls: string[];
    states: Record<string, any>;
    output?: any;
    error?: Error;
  };
}

const go = { runId: 'run-1', decision: 'go' };
const nextWave = (number: number) => ({ ...go, wave: number, tenantIds: ['t1', 't2'] });
const finished = (status: string) => ({ runId: 'run-1', status, total: 2, migrated: 2, failed: 0 });
const drift = Object.assign(new Error('changed after it was applied'), {
  name: 'MigrationDriftError',
});

test('a run with nothing to do is over after one step', async () => {
  const { calls, output } = await run({ 'start-run': [{ runId: 'run-1', decision: 'nothing' }] });
  expect(calls).toEqual(['start-run']);
  expect(output).toEqual({ runId: 'run-1', decision: 'nothing' });
});

test('waves follow each other until none is left', async () => {
  const { calls, output } = await run({
    'start-run': [go],
    'next-wave': [nextWave(1), nextWave(2), { ...go, decision: 'done', wave: 2, tenantIds: [] }],
    'judge-wave': [
      { runId: 'run-1', decision: 'continue' },
      { runId: 'run-1', decision: 'continue' },
    ],
    'finish-run': [finished('succeeded')],
  });
  const oneWave = ['next-wave', 'migrate-wave', 'judge-wave'];
  expect(calls).toEqual(['start-run', ...oneWave, ...oneWave, 'next-wave', 'finish-run']);
  expect(output).toEqual(finished('succeeded'));
});

test('a wave that was too bad is the last one, and the execution fails', async () => {
  const { calls, error } = await run({
    'start-run': [go],
    'next-wave': [nextWave(1)],
    'judge-wave': [{ runId: 'run-1', decision: 'halt' }],
    'finish-run': [finished('failed')],
  });
  expect(calls).toEqual(['start-run', 'next-wave', 'migrate-wave', 'judge-wave', 'finish-run']);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain(
    'tenantry migrate status',
  );
});

test.each([
  ['start-run', 'start-run'],
  ['next-wave', 'next-wave'],
  ['migrate-wave', 'migrate-tenants'],
  ['judge-wave', 'judge-wave'],
])('an error in %s ends the run as failed, naming step %s', async (failing, step) => {
  const answers: Answers = {
    'start-run': [go],
    'next-wave': [nextWave(1)],
    'judge-wave': [],
    'finish-run': [finished('failed')],
    [failing]: [drift],
  };
  const { calls, states, error } = await run(answers);
  expect(calls.at(-1)).toBe('finish-run');
  expect(states['finish-run'].failure).toEqual({
    step,
    error: 'MigrationDriftError',
    cause: expect.stringContaining('changed after it was applied'),
  });
  expect(error).toBeInstanceOf(Error);
});

test('the wave runs batches of tenant ids in children, some at once, and keeps nothing of their answers', () => {
  expect(wave).toMatchObject({
    Type: 'Map',
    ItemsPath: '$.tenantIds',
    ItemBatcher: { MaxItemsPerBatch: 25, BatchInput: { 'runId.$': '$.runId' } },
    MaxConcurrency: 10,
    ToleratedFailureCount: 0,
    ResultPath: null,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'migrate-tenants',
    },
  });
  expect(wave.ItemProcessor.States['migrate-tenants']).toMatchObject({
    Resource: 'fleet-migrator',
    Parameters: { step: 'migrate-tenants', 'BatchInput.$': '$.BatchInput', 'Items.$': '$.Items' },
    End: true,
  });
});

test('migrations are applied by the migrator, decisions are made by the coordinator', () => {
  const worker = (name: string) => definition['States'][name].Resource;
  expect(worker('start-run')).toBe('fleet-migrator');
  for (const name of ['next-wave', 'judge-wave', 'finish-run'])
    expect(worker(name)).toBe('fleet-coordinator');
});

test('the state between two steps does not grow with the fleet', () => {
  const ids = Array.from({ length: 3000 }, (_, index) => `t${String(index).padStart(25, '0')}`);
  expect(JSON.stringify({ ...nextWave(1), tenantIds: ids }).length).toBeLessThan(262_144 / 2);
  expect(JSON.stringify(definition)).not.toMatch(
    /JSONata|Assign|ItemReader|ResultWriter|ResultSelector/,
  );
});

test('is valid in the Amazon States Language', () => {
  expect(findDefinitionErrors(definition)).toBe('');
  expect(findDefinitionErrors({ ...definition, StartAt: 'nowhere' })).not.toBe('');
});
