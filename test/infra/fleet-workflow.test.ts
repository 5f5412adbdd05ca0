import { expect, test } from 'vitest';
import { stateOf } from './platform-template.ts';
import { runWorkflow } from './run-workflow.ts';
import type { TaskInput } from './run-workflow.ts';
import { synthesizePlatform } from './synthesize-platform.ts';
import { findDefinitionErrors } from './validate-definition.ts';

const definition = synthesizePlatform().definition('migrate-fleet');
const wave = stateOf(definition, 'migrate-wave');
const steps = ['start-run', 'next-wave', 'migrate-wave', 'judge-wave', 'finish-run'];

/**
 * Runs the definition with steps that answer from lists; an `Error` is thrown. The runner knows no Distributed Map, so a task with the
 * same exits stands in for the wave.
 */
async function run(answers: Readonly<Record<string, readonly unknown[]>>) {
  const calls: string[] = [];
  const states: Record<string, TaskInput['state']> = {};
  const answer = (name: string) => (event: TaskInput) => {
    const next = answers[name]?.[calls.filter((call) => call === name).length];
    calls.push(name);
    states[name] = event.state;
    if (next instanceof Error) throw next;
    return next ?? null;
  };
  const { Catch, Next, ResultPath } = wave;
  const task = { Type: 'Task', Resource: 'map', Catch, Next, ResultPath };
  const outcome = await runWorkflow(
    { ...definition, States: { ...definition.States, 'migrate-wave': task as never } },
    { hash: 'h', selector: { all: true }, reason: 'deploy', actor: 'deploy' },
    Object.fromEntries(steps.map((name) => [name, answer(name)])),
  );
  return { calls, states, ...outcome };
}

const go = { runId: 'run-1', decision: 'go' };
const workers = [{ cluster: 'main', number: 0 }];
const nextWave = (number: number) => ({ ...go, wave: number, workers });
const goOn = { runId: 'run-1', decision: 'continue' };
const finished = (status: string) => ({ runId: 'run-1', status, total: 2, migrated: 2, failed: 0 });
const drift = Object.assign(new Error('changed after it was applied'), {
  name: 'MigrationDriftError',
});

test('a run with nothing to do is over after one step', async () => {
  const nothing = { runId: 'run-1', decision: 'nothing' };
  const { calls, output } = await run({ 'start-run': [nothing] });
  expect(calls).toEqual(['start-run']);
  expect(output).toEqual(nothing);
});

test('waves follow each other until none is left', async () => {
  const { calls, output } = await run({
    'start-run': [go],
    'next-wave': [nextWave(1), nextWave(2), { ...go, decision: 'done', wave: 0, workers: [] }],
    'judge-wave': [goOn, goOn],
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
  expect(error).toContain('FleetRunFailed');
});

test.each([
  ['start-run', 'start-run'],
  ['next-wave', 'next-wave'],
  ['migrate-wave', 'migrate-tenants'],
  ['judge-wave', 'judge-wave'],
])('an error in %s ends the run as failed, naming step %s', async (failing, step) => {
  const { calls, states, error } = await run({
    'start-run': [go],
    'next-wave': [nextWave(1)],
    'finish-run': [finished('failed')],
    [failing]: [drift],
  });
  expect(calls.at(-1)).toBe('finish-run');
  expect(states['finish-run']?.['failure']).toEqual({
    step,
    error: 'MigrationDriftError',
    cause: expect.stringContaining('changed after it was applied'),
  });
  expect(error).toContain('FleetRunFailed');
});

test('a run for later waits for its time and is begun again then, with the state it waited with', async () => {
  const wait = { runId: 'run-1', decision: 'wait', startAt: new Date().toISOString() };
  const nothing = { runId: 'run-1', decision: 'nothing' };
  const { calls, states, output } = await run({ 'start-run': [wait, nothing] });
  expect(calls).toEqual(['start-run', 'start-run']);
  expect(states['start-run']).toEqual(wait);
  expect(output).toEqual(nothing);
});

test('a pause between two waves is waited for', async () => {
  const wait = { ...nextWave(2), decision: 'wait', workers: [], seconds: 0 };
  const { calls } = await run({
    'start-run': [go],
    'next-wave': [wait, { ...nextWave(0), decision: 'done' }],
    'finish-run': [finished('succeeded')],
  });
  expect(calls).toEqual(['start-run', 'next-wave', 'next-wave', 'finish-run']);
});

test.each(['paused', 'cancelled', 'succeeded'])(
  'the execution of a run that is %s ends well',
  async (status) => {
    const { output } = await run({
      'start-run': [go],
      'next-wave': [{ ...nextWave(0), decision: 'done' }],
      'finish-run': [finished(status)],
    });
    expect(output).toEqual(finished(status));
  },
);

test('a wave runs its workers as children side by side, and keeps nothing of their answers', () => {
  expect(wave).toMatchObject({
    Type: 'Map',
    ItemsPath: '$.workers',
    ItemSelector: {
      'runId.$': '$.runId',
      'wave.$': '$.wave',
      'worker.$': '$$.Map.Item.Value',
    },
    MaxConcurrency: 100,
    ToleratedFailureCount: 0,
    ResultPath: null,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'migrate-tenants',
      States: {
        'migrate-tenants': {
          Resource: 'fleet-migrator',
          Parameters: { step: 'migrate-tenants', 'state.$': '$' },
          End: true,
        },
      },
    },
  });
});

test('migrations are applied by the migrator, decisions are made by the coordinator', () => {
  expect(stateOf(definition, 'start-run')['Resource']).toBe('fleet-migrator');
  for (const name of ['next-wave', 'judge-wave', 'finish-run']) {
    expect(stateOf(definition, name)['Resource']).toBe('fleet-coordinator');
  }
});

test('the definition uses only fields that the local runtime interprets', () => {
  expect(JSON.stringify(definition)).not.toMatch(
    /JSONata|Assign|ItemReader|ResultWriter|ResultSelector/,
  );
});

test('is valid in the Amazon States Language', () => {
  expect(findDefinitionErrors(definition)).toBe('');
  expect(findDefinitionErrors({ ...definition, StartAt: 'nowhere' })).not.toBe('');
});
