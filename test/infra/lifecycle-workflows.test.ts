import {
  createTenantSteps,
  deleteTenantSteps,
  stepRetry,
  terminalErrorNames,
} from '@tenantry/tenancy';
import { describe, expect, test } from 'vitest';
import { stateOf, textOf } from './platform-template.ts';
import type { Definition, Part } from './platform-template.ts';
import { runWorkflow } from './run-workflow.ts';
import type { TaskInput } from './run-workflow.ts';
import { synthesizePlatform } from './synthesize-platform.ts';
import { findDefinitionErrors } from './validate-definition.ts';

const platform = synthesizePlatform();
const createTenant = platform.definition('create-tenant');
const deleteTenant = platform.definition('delete-tenant');

const input = { request: { slug: 'acme' } };

interface RunOptions {
  /** Steps that fail. */
  readonly failing?: readonly string[];
  /** Name of their error: by default one that no retry mends. */
  readonly errorName?: string;
  /** How often each of them fails before it succeeds. */
  readonly times?: number;
}

/** Runs a definition with steps that note their names. */
async function run(definition: Definition, options: RunOptions = {}) {
  const { failing = [], errorName = 'TenantInputError', times = Infinity } = options;
  const calls: string[] = [];
  const failures: unknown[] = [];
  const work = (name: string) => (event: TaskInput) => {
    calls.push(name);
    if (name === 'mark-failed') failures.push(event.state['failure']);
    const attempts = calls.filter((call) => call === name).length;
    if (failing.includes(name) && attempts <= times) {
      throw Object.assign(new Error(`${name} broke`), { name: errorName });
    }
    return { ...event.state, last: `${event.step}/${event.execution}` };
  };
  const names = tasksOf(definition).map(([name]) => name);
  const outcome = await runWorkflow(
    definition,
    input,
    Object.fromEntries(names.map((name) => [name, work(name)])),
  );
  return { calls, failures, ...outcome };
}

function tasksOf(definition: Definition): [string, Part][] {
  return Object.entries(definition.States).filter(([, { Type }]) => textOf(Type) === 'Task');
}

describe.each([
  ['create-tenant', createTenant, createTenantSteps],
  ['delete-tenant', deleteTenant, deleteTenantSteps],
] as const)('%s', (_, definition, steps) => {
  test('runs its steps in the order of the list, each with step, execution and state', async () => {
    const { calls, output } = await run(definition);
    expect(calls).toEqual(steps.map(({ name }) => name));
    expect(output).toEqual({ ...input, last: `${steps.at(-1)?.name}/execution-1` });
  });

  test('is valid in the Amazon States Language', () => {
    expect(findDefinitionErrors(definition)).toBe('');
  });

  test('each step is done by the worker that has the rights for it', () => {
    for (const { name, worker } of steps) {
      expect(stateOf(definition, name)['Resource']).toBe(`lifecycle-${worker}`);
    }
    expect(stateOf(definition, 'mark-failed')['Resource']).toBe('lifecycle-registry');
  });

  test('a step is tried again unless its error is one that no retry mends', () => {
    for (const [, task] of tasksOf(definition)) {
      expect(task['Retry']).toEqual([
        { ErrorEquals: terminalErrorNames, MaxAttempts: 0 },
        expect.objectContaining({
          ErrorEquals: ['States.ALL'],
          MaxAttempts: stepRetry.maxAttempts,
          JitterStrategy: 'FULL',
        }),
      ]);
    }
  });

  test('a step gets more time than its function, so that the function reports its own time-out', () => {
    for (const [, task] of tasksOf(definition)) {
      const worker = platform.functions().get(textOf(task['Resource']));
      expect(Number(task['TimeoutSeconds'])).toBeGreaterThan(Number(worker?.Properties['Timeout']));
    }
  });
});

test.each([
  ['reserve', []],
  ['store-secret', ['delete-secret']],
  ['provision', ['drop', 'delete-secret']],
  ['migrate', ['drop', 'delete-secret']],
  ['seed', ['drop', 'delete-secret']],
  ['verify', ['drop', 'delete-secret']],
  ['activate', ['deactivate', 'drop', 'delete-secret']],
])('when %s fails, its undo and those before it run, last first: %o', async (failing, undone) => {
  const { calls, failures, error } = await run(createTenant, { failing: [failing] });
  const names = createTenantSteps.map(({ name }) => name as string);
  expect(calls).toEqual([...names.slice(0, names.indexOf(failing) + 1), ...undone, 'mark-failed']);
  expect(failures).toEqual([
    { step: failing, error: 'TenantInputError', cause: expect.stringContaining('broke') },
  ]);
  expect(error).toContain(`${failing} broke`);
});

test('an undo step that fails does not keep the others from running, and the first failure is the one reported', async () => {
  const failing = ['migrate', 'drop', 'delete-secret'];
  const { calls, failures, error } = await run(createTenant, { failing });
  expect(calls.slice(-4)).toEqual(['migrate', 'drop', 'delete-secret', 'mark-failed']);
  expect(failures).toEqual([expect.objectContaining({ step: 'migrate' })]);
  expect(error).toContain('migrate broke');
});

test('an execution fails with the first failure even when that cannot be written down', async () => {
  const { error } = await run(createTenant, { failing: ['verify', 'mark-failed'] });
  expect(error).toContain('verify broke');
});

test('a failed deletion stops where it is: nothing is undone', async () => {
  const { calls, failures, error } = await run(deleteTenant, { failing: ['drop'] });
  expect(calls).toEqual(['suspend', 'drop', 'mark-failed']);
  expect(failures).toEqual([expect.objectContaining({ step: 'drop' })]);
  expect(error).toContain('drop broke');
});

test('a step that breaks twice for a passing reason is done in the end, and nothing is undone', async () => {
  const options = { failing: ['provision'], errorName: 'DatabaseUnavailableError', times: 2 };
  const { calls, output } = await run(createTenant, options);
  expect(calls.slice(0, 6)).toEqual([
    'reserve',
    'store-secret',
    'provision',
    'provision',
    'provision',
    'migrate',
  ]);
  expect(output).toMatchObject({ last: 'activate/execution-1' });
});

test('a step whose retries are spent is undone as any other', async () => {
  const options = { failing: ['provision'], errorName: 'DatabaseUnavailableError' };
  const { calls } = await run(createTenant, options);
  const attempts = Array.from({ length: stepRetry.maxAttempts + 1 }, () => 'provision');
  expect(calls).toEqual([
    'reserve',
    'store-secret',
    ...attempts,
    'drop',
    'delete-secret',
    'mark-failed',
  ]);
});
