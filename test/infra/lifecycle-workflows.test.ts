import {
  applicationRetry,
  createTenantSteps,
  deleteTenantSteps,
  resumeTenantSteps,
  stepRetry,
  stepsFor,
  suspendTenantSteps,
  terminalErrorNames,
} from '@tenantry/tenancy';
import type { LifecycleStep } from '@tenantry/tenancy';
import { describe, expect, test } from 'vitest';
import { drawLifecycle } from '../../infra/workflows/lifecycle.ts';
import { stateOf, textOf } from './platform-template.ts';
import type { Definition, Part } from './platform-template.ts';
import { runWorkflow } from './run-workflow.ts';
import type { TaskInput } from './run-workflow.ts';
import { synthesizePlatform } from './synthesize-platform.ts';
import { findDefinitionErrors } from './validate-definition.ts';

const platform = synthesizePlatform();
const createTenant = platform.definition('create-tenant');
const suspendTenant = platform.definition('suspend-tenant');
const resumeTenant = platform.definition('resume-tenant');
const deleteTenant = platform.definition('delete-tenant');

function inputOf(isolation: string) {
  return { request: { slug: 'acme', isolation }, isolation };
}

interface RunOptions {
  /** @default 'schema' */
  readonly isolation?: string;
  /** Steps that fail. */
  readonly failing?: readonly string[];
  /** Name of their error: by default one that no retry mends. */
  readonly errorName?: string;
  /** How often each of them fails before it succeeds. */
  readonly times?: number;
}

/** How often CloudFormation is asked again whether it is done. */
const waitingRetry = {
  ErrorEquals: applicationRetry.errorNames,
  IntervalSeconds: applicationRetry.intervalSeconds,
  MaxAttempts: applicationRetry.maxAttempts,
  BackoffRate: applicationRetry.backoffRate,
  MaxDelaySeconds: applicationRetry.maxDelaySeconds,
};

/** Runs a definition with steps that note their names. */
async function run(definition: Definition, options: RunOptions = {}) {
  const { isolation = 'schema', failing = [], errorName = 'TenantInputError' } = options;
  const { times = Infinity } = options;
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
    inputOf(isolation),
    Object.fromEntries(names.map((name) => [name, work(name)])),
  );
  return { calls, failures, ...outcome };
}

function tasksOf(definition: Definition): [string, Part][] {
  return Object.entries(definition.States).filter(([, { Type }]) => textOf(Type) === 'Task');
}

describe.each([
  ['create-tenant', createTenant, createTenantSteps],
  ['suspend-tenant', suspendTenant, suspendTenantSteps],
  ['resume-tenant', resumeTenant, resumeTenantSteps],
  ['delete-tenant', deleteTenant, deleteTenantSteps],
] as const)('%s', (_, definition, steps) => {
  test.each(['schema', 'cache', 'dedicated'])(
    'runs the steps of isolation %s in the order of the list, each with step, execution and state',
    async (isolation) => {
      const { calls, output } = await run(definition, { isolation });
      expect(calls).toEqual(stepsFor<LifecycleStep>(steps, isolation).map(({ name }) => name));
      expect(output).toEqual({
        ...inputOf(isolation),
        last: `${steps.at(-1)?.name}/execution-1`,
      });
    },
  );

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
      const waiting = textOf(task['Resource']) === 'lifecycle-launcher' ? [waitingRetry] : [];
      expect(task['Retry']).toEqual([
        { ErrorEquals: terminalErrorNames, MaxAttempts: 0 },
        ...waiting,
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
  ['reserve', ['release-place']],
  ['store-secret', ['delete-secret', 'release-place']],
  ['provision', ['drop', 'delete-secret', 'release-place']],
  ['migrate', ['drop', 'delete-secret', 'release-place']],
  ['seed', ['drop', 'delete-secret', 'release-place']],
  ['verify', ['drop', 'delete-secret', 'release-place']],
  ['activate', ['deactivate', 'drop', 'delete-secret', 'release-place']],
])('when %s fails, its undo and those before it run, last first: %o', async (failing, undone) => {
  const { calls, failures, error } = await run(createTenant, { failing: [failing] });
  const names = stepsFor<LifecycleStep>(createTenantSteps, 'schema').map(({ name }) => name);
  expect(calls).toEqual([...names.slice(0, names.indexOf(failing) + 1), ...undone, 'mark-failed']);
  expect(failures).toEqual([
    { step: failing, error: 'TenantInputError', cause: expect.stringContaining('broke') },
  ]);
  expect(error).toContain(`${failing} broke`);
});

test.each([
  ['store-secret', ['delete-secret', 'release-place']],
  ['launch', ['remove', 'delete-secret', 'release-place']],
  ['await-launch', ['remove', 'delete-secret', 'release-place']],
  ['provision', ['drop', 'remove', 'delete-secret', 'release-place']],
  ['activate', ['deactivate', 'drop', 'remove', 'delete-secret', 'release-place']],
])(
  'when %s fails for a dedicated tenant, its application is removed in its turn: %o',
  async (failing, undone) => {
    const options = { isolation: 'dedicated', failing: [failing] };
    const { calls, error } = await run(createTenant, options);
    const names = createTenantSteps.map(({ name }) => name as string);
    expect(calls).toEqual([
      ...names.slice(0, names.indexOf(failing) + 1),
      ...undone,
      'mark-failed',
    ]);
    expect(error).toContain(`${failing} broke`);
  },
);

test('a launch is waited for, beyond what other errors are tried again, and nothing is undone', async () => {
  const times = stepRetry.maxAttempts + 20;
  const [errorName] = applicationRetry.errorNames;
  const options = { isolation: 'dedicated', failing: ['await-launch'], errorName, times };
  const { calls, output } = await run(createTenant, options);
  expect(calls.filter((call) => call === 'await-launch')).toHaveLength(times + 1);
  expect(output).toMatchObject({ last: 'activate/execution-1' });
});

test('a removal is waited for in the undo, too', async () => {
  const [, errorName] = applicationRetry.errorNames;
  const options = { isolation: 'dedicated', failing: ['remove'], errorName, times: 20 };
  const { calls } = await run(withFailingStep(createTenant, 'provision'), options);
  expect(calls.filter((call) => call === 'remove')).toHaveLength(21);
  expect(calls.slice(-3)).toEqual(['delete-secret', 'release-place', 'mark-failed']);
});

/** The definition with a task that fails at once instead of one of its steps. */
function withFailingStep(definition: Definition, name: string): Definition {
  const failure = { Type: 'Pass', Result: { Error: 'TenantInputError', Cause: 'broke' } };
  const state = { ...failure, ResultPath: '$.failure', Next: `${name}-failed` };
  return { ...definition, States: { ...definition.States, [name]: state as unknown as Part } };
}

test('a step for some tenants only must not be the last', () => {
  const worker = { arn: 'arn', timeoutSeconds: 1 };
  const workers = {
    registry: worker,
    secrets: worker,
    launcher: worker,
    provisioner: worker,
    migrator: worker,
    tenant: worker,
  };
  const steps = [
    { name: 'reserve', worker: 'registry' },
    { name: 'launch', worker: 'launcher', only: 'dedicated' },
  ] as const;
  expect(() => drawLifecycle({ comment: '', steps, isolation: '$.isolation', workers })).toThrow(
    '"launch"',
  );
});

test('an undo step that fails does not keep the others from running, and the first failure is the one reported', async () => {
  const failing = ['migrate', 'drop', 'delete-secret'];
  const { calls, failures, error } = await run(createTenant, { failing });
  const undone = ['drop', 'delete-secret', 'release-place', 'mark-failed'];
  expect(calls.slice(-5)).toEqual(['migrate', ...undone]);
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

test('a suspension that fails stops where it is, and a resumption that fails shuts the tenant out again', async () => {
  const suspended = await run(suspendTenant, { isolation: 'cache', failing: ['forget-routes'] });
  expect(suspended.calls).toEqual(['close', 'forget-routes', 'mark-failed']);
  for (const { name } of resumeTenantSteps) {
    const { calls, failures, error } = await run(resumeTenant, { failing: [name] });
    expect(calls.slice(-3)).toEqual([name, 'close', 'mark-failed']);
    expect(failures).toEqual([expect.objectContaining({ step: name })]);
    expect(error).toContain(`${name} broke`);
  }
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
    'release-place',
    'mark-failed',
  ]);
});
