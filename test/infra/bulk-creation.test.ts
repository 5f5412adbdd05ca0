import { expect, test } from 'vitest';
import { stateOf } from './platform-template.ts';
import { runWorkflow } from './run-workflow.ts';
import type { TaskInput } from './run-workflow.ts';
import { synthesizePlatform } from './synthesize-platform.ts';
import { findDefinitionErrors } from './validate-definition.ts';

const definition = synthesizePlatform().definition('create-tenants');
const map = stateOf(definition, 'create-tenants');
const state = { creation: 'bulk-1', workers: [1, 2] };

/** Runs the definition with judges that answer in turn; the runner knows no Distributed Map, so a task stands in for it. */
async function run(judges: readonly object[], work: (event: TaskInput) => unknown = () => null) {
  const calls: string[] = [];
  const { Catch, Next, ResultPath } = map;
  const task = { Type: 'Task', Resource: 'map', Catch, Next, ResultPath };
  const outcome = await runWorkflow(
    { ...definition, States: { ...definition.States, 'create-tenants': task as never } },
    state,
    {
      'create-tenants': (event) => {
        calls.push('create-tenants');
        return work(event);
      },
      'judge-creation': (event) => {
        expect(event.state).toMatchObject(state);
        calls.push('judge-creation');
        const rounds = calls.filter((call) => call === 'judge-creation').length;
        return { ...state, seconds: 0, ...judges[rounds - 1] };
      },
    },
  );
  return { calls, ...outcome };
}

const round = ['create-tenants', 'judge-creation'];

test('the definition of create-tenants is valid in the Amazon States Language', () => {
  expect(findDefinitionErrors(definition)).toBe('');
});

test('rounds follow each other while tenants are left, after a lease has ended where one is waited for', async () => {
  const { calls, error } = await run([
    { decision: 'go' },
    { decision: 'wait' },
    { decision: 'succeeded' },
  ]);
  expect([calls, error]).toEqual([[...round, ...round, ...round], undefined]);
});

test('a creation with failed tenants ends as failed', async () => {
  const { calls, error } = await run([{ decision: 'failed' }]);
  expect(calls).toEqual(round);
  expect(error).toContain('TenantsNotCreated');
});

test('an error that is no tenant’s own ends the execution with that error, and the creation stays open', async () => {
  const { calls, error } = await run([], () => {
    throw Object.assign(new Error('no such secret'), { name: 'AccessDeniedException' });
  });
  expect(calls).toEqual(['create-tenants']);
  expect(error).toContain('AccessDeniedException');
});

test('a worker gets the creation and its number, whatever the number of tenants', () => {
  expect(map['ItemsPath']).toBe('$.workers');
  expect(map['ItemSelector']).toEqual({
    'creation.$': '$.creation',
    'worker.$': '$$.Map.Item.Value',
  });
  expect(map['ResultPath']).toBeNull();
});
