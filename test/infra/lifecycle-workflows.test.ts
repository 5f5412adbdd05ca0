import {
  createTenantSteps,
  deleteTenantSteps,
  stepRetry,
  terminalErrorNames,
} from '@tenantry/tenancy';
import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, test } from 'vitest';
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
  readonly error?: string;
  /** How often each of them fails before it succeeds. */
  readonly times?: number;
}

/** Runs a definition with steps that note their names. */
async function run(definition: Record<string, any>, options: RunOptions = {}) {
  const { failing = [], error = 'TenantInputError', times = Infinity } = options;
  const calls: string[] = [];
  const failures: unknown[] = [];
  const tasks = Object.entries<Record<string, any>>(definition['States']).filter(
    ([, state]) => state['Type'] === 'Task',
  );
  const work = (name: string) => (event: any) => {
    calls.push(name);
    if (name === 'mark-failed') failures.push(event.state.failure);
    const attempts = calls.filter((call) => call === name).length;
    if (failing.includes(name) && attempts <= times) {
      throw Object.assign(new Error(`${name} broke`), { name: error });
    }
    return { ...event.state, last: `${event.step}/${event.execution}` };
  };
  // The runner calls nothing by ARN: each task has its local handler, and placeholders stand for the ARNs.
  const machine = new StateMachine(definition as never, {
    validationOptions: { noValidate: true },
  });
  const { result } = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(tasks.map(([name]) => [name, work(name)])),
      retryIntervalOverrides: Object.fromEntries(tasks.map(([name]) => [name, [0, 0]])),
    },
    context: { Execution: { Name: 'execution-1' } } as never,
  });
  const outcome = await result.then(
    (output) => ({ output }),
    (error: Error) => ({ error }),
  );
  return { calls, failures, ...outcome };
}

describe.each([
  ['create-tenant', createTenant, createTenantSteps],
  ['delete-tenant', deleteTenant, deleteTenantSteps],
] as const)('%s', (_, definition, steps) => {
  test('runs its steps in the order of the list, each with step, execution and state', async () => {
    const { calls, output } = (await run(definition)) as { calls: string[]; output?: any };
    expect(calls).toEqual(steps.map(({ name }) => name));
    expect(output).toEqual({ ...input, last: `${steps.at(-1)?.name}/execution-1` });
  });

  test('is valid in the Amazon States Language', () => {
    expect(findDefinitionErrors(definition)).toBe('');
  });

  test('each step is done by the worker that has the rights for it', () => {
    for (const { name, worker } of steps)
      expect(definition['States'][name].Resource).toBe(`lifecycle-${worker}`);
    expect(definition['States']['mark-failed'].Resource).toBe('lifecycle-registry');
  });

  test('a step is tried again unless its error is one that no retry mends', () => {
    const tasks = Object.values<Record<string, any>>(definition['States']).filter(
      (state) => state['Type'] === 'Task',
    );
    for (const task of tasks) {
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
    const tasks = Object.values<Record<string, any>>(definition['States']).filter(
      (state) => state['Type'] === 'Task',
    );
    for (const task of tasks) {
      const worker = platform.functions().get(task['Resource']);
      expect(task['TimeoutSeconds']).toBeGreaterThan(worker?.Properties['Timeout']);
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
  ['activate', ['drop', 'delete-secret']],
])('when %s fails, its undo and those before it run, last first: %o', async (failing, undone) => {
  const { calls, failures, error } = (await run(createTenant, { failing: [failing] })) as any;
  const done = createTenantSteps.slice(
    0,
    createTenantSteps.findIndex(({ name }) => name === failing) + 1,
  );
  expect(calls).toEqual([...done.map(({ name }) => name), ...undone, 'mark-failed']);
  expect(failures).toEqual([
    { step: failing, error: 'TenantInputError', cause: expect.stringContaining('broke') },
  ]);
  expect(error).toBeInstanceOf(Error);
});

test('an undo step that fails does not keep the others from running, and the first failure is the one reported', async () => {
  const { calls, failures, error } = (await run(createTenant, {
    failing: ['migrate', 'drop', 'delete-secret'],
  })) as any;
  expect(calls.slice(-4)).toEqual(['migrate', 'drop', 'delete-secret', 'mark-failed']);
  expect(failures).toEqual([expect.objectContaining({ step: 'migrate' })]);
  expect(String(error.cause)).toContain('migrate broke');
});

test('an execution fails even when its failure cannot be written down', async () => {
  const { error } = (await run(createTenant, { failing: ['verify', 'mark-failed'] })) as any;
  expect(String(error.cause)).toContain('verify broke');
});

test('a failed deletion stops where it is: nothing is undone', async () => {
  const { calls, failures } = (await run(deleteTenant, { failing: ['drop'] })) as any;
  expect(calls).toEqual(['suspend', 'drop', 'mark-failed']);
  expect(failures).toEqual([expect.objectContaining({ step: 'drop' })]);
});

test('a step that breaks twice for a passing reason is done in the end, and nothing is undone', async () => {
  const options = { failing: ['provision'], error: 'DatabaseUnavailableError', times: 2 };
  const { calls, output } = (await run(createTenant, options)) as any;
  expect(calls.slice(0, 5)).toEqual([
    'reserve',
    'store-secret',
    'provision',
    'provision',
    'provision',
  ]);
  expect(output.last).toBe('activate/execution-1');
});

test('a step whose retries are spent is undone as any other', async () => {
  const options = { failing: ['provision'], error: 'DatabaseUnavailableError' };
  const { calls } = (await run(createTenant, options)) as any;
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
