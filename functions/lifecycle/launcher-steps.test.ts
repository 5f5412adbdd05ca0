import { parseCreateTenantRequest, parseTenantId, type CreateTenantState } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import type { ApplicationStack, LaunchedTenant } from '../applications/application-stacks.ts';
import { phaseOf } from '../applications/stack-phase.ts';
import { launcherSteps } from './launcher-steps.ts';

const id = parseTenantId('aaaaaaaaaaaaaaaaaaaa');
const tenant: LaunchedTenant = { id, host: 'acme.example.com', secretArn: 'arn:secret' };
const input = { slug: 'acme', isolation: 'dedicated', actor: 'test' };
const request = parseCreateTenantRequest(input, { baseDomain: 'example.com' });
const state: CreateTenantState = { request, tenantId: id, secretArn: tenant.secretArn };

/** CloudFormation with one stack, or none, and what was asked of it. */
function openLauncher(status?: string, made: LaunchedTenant = tenant) {
  const asked: string[] = [];
  const stack: ApplicationStack | undefined =
    status === undefined
      ? undefined
      : {
          id: 'arn:stack',
          name: 'stack',
          status,
          phase: phaseOf(status),
          createdAt: new Date(0),
          parameters: { TenantId: made.id, Host: made.host, TenantSecretArn: made.secretArn },
          outputs: {},
        };
  const ask = (what: string) => () => {
    asked.push(what);
    return Promise.resolve();
  };
  const steps = launcherSteps({
    stacks: {
      nameOf: () => 'stack',
      find: () => Promise.resolve(stack),
      create: ask('create'),
      remove: ask('remove'),
      explainFailure: () => Promise.resolve('the quota is used up'),
      describeWork: () => Promise.resolve('since eight'),
    },
    catalog: undefined as never,
    openCluster: () => Promise.reject(new Error('not here')),
  });
  return { steps, asked };
}

test('a stack is asked for once, and one that is there or on its way is kept', async () => {
  const first = openLauncher();
  expect(await first.steps.launch(state)).toBe(state);
  expect(first.asked).toEqual(['create']);
  for (const status of ['CREATE_IN_PROGRESS', 'CREATE_COMPLETE', 'UPDATE_IN_PROGRESS']) {
    const { steps, asked } = openLauncher(status);
    expect(await steps.launch(state)).toBe(state);
    expect(asked).toEqual([]);
  }
});

test.each([
  ['DELETE_IN_PROGRESS', []],
  ['ROLLBACK_IN_PROGRESS', []],
  ['ROLLBACK_COMPLETE', ['remove']],
  ['CREATE_FAILED', ['remove']],
  ['DELETE_FAILED', ['remove']],
])(
  'what an earlier launch left as %s has to go before there is a new one',
  async (status, wanted) => {
    const { steps, asked } = openLauncher(status);
    await expect(steps.launch(state)).rejects.toMatchObject({
      name: 'ApplicationRemovingError',
      message: 'Stack stack is being removed since eight.',
    });
    expect(asked).toEqual(wanted);
  },
);

test.each(['host', 'secretArn'])(
  'a whole stack that was made for another %s has to go, too',
  async (field) => {
    const { steps, asked } = openLauncher('CREATE_COMPLETE', { ...tenant, [field]: 'other' });
    await expect(steps.launch(state)).rejects.toMatchObject({ code: 'APPLICATION_REMOVING' });
    expect(asked).toEqual(['remove']);
  },
);

test('a launch that is under way says since when and at what', async () => {
  const { steps } = openLauncher('CREATE_IN_PROGRESS');
  await expect(steps['await-launch'](state)).rejects.toMatchObject({
    name: 'ApplicationLaunchingError',
    message: 'Stack stack is being made since eight.',
  });
});

test.each(['CREATE_FAILED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_IN_PROGRESS'])(
  'a launch that is %s has failed, with the reason of CloudFormation',
  async (status) => {
    const { steps } = openLauncher(status);
    await expect(steps['await-launch'](state)).rejects.toMatchObject({
      name: 'ApplicationFailedError',
      message: `Stack stack is ${status}: the quota is used up`,
    });
  },
);

test('a stack that is gone before its cluster was seen has failed', async () => {
  await expect(openLauncher().steps['await-launch'](state)).rejects.toMatchObject({
    code: 'APPLICATION_FAILED',
    status: 'gone',
  });
});

test('the removal of a tenant that was never reserved does nothing', async () => {
  const { steps, asked } = openLauncher('CREATE_COMPLETE');
  const unreserved: CreateTenantState = { request };
  expect(await steps.remove(unreserved)).toBe(unreserved);
  expect(asked).toEqual([]);
});
