import { parseTenantId, type TenantId } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import type { ApplicationStack } from './application-stacks.ts';
import { describeFailedUpdates } from './describe-failed-updates.ts';
import { phaseOf } from './stack-phase.ts';
import { updateApplications } from './update-applications.ts';

const since = new Date('2026-11-21T20:00:00Z');
const before = new Date(since.getTime() - 1000);

function idOf(number: number): TenantId {
  return parseTenantId(`aaaaaaaaaaaaaaaaaa${String(number).padStart(2, '0')}`);
}

interface Status {
  readonly status: string;
  readonly updatedAt?: Date;
}

/** CloudFormation with a stack for each status, and what it answers to an update. */
function openFleet(
  statuses: readonly (Status | undefined)[],
  answer: () => 'begun' | 'current' = () => 'begun',
) {
  const updated: TenantId[] = [];
  const found = statuses.map((status) => status && toStack(status));
  const tenants = statuses.map((_, number) => ({ id: idOf(number), slug: `tenant-${number}` }));
  const stacks = {
    find: (id: TenantId) => Promise.resolve(found[tenants.findIndex((it) => it.id === id)]),
    update: async (id: TenantId) => {
      await Promise.resolve();
      updated.push(id);
      return answer();
    },
    explainFailure: () => Promise.resolve('Function (AWS::Lambda::Function): no such code'),
  };
  return { updated, update: () => updateApplications({ tenants, stacks, since }) };
}

function toStack({ status, updatedAt }: Status): ApplicationStack {
  return {
    id: 'arn',
    name: 'stack',
    status,
    phase: phaseOf(status),
    createdAt: before,
    ...(updatedAt !== undefined && { updatedAt }),
    parameters: {},
    outputs: {},
  };
}

test('who is behind is updated, and whoever was updated since the deployment began is done', async () => {
  const { update, updated } = openFleet([
    { status: 'CREATE_COMPLETE' },
    { status: 'UPDATE_COMPLETE', updatedAt: before },
    { status: 'UPDATE_COMPLETE', updatedAt: since },
    { status: 'UPDATE_ROLLBACK_COMPLETE', updatedAt: before },
  ]);
  expect(await update()).toEqual({ open: ['tenant-0', 'tenant-1', 'tenant-3'], failed: [] });
  expect(updated).toEqual([idOf(0), idOf(1), idOf(3)]);
});

test('who is at the build already is done at once', async () => {
  const { update } = openFleet([{ status: 'CREATE_COMPLETE' }], () => 'current');
  expect(await update()).toEqual({ open: [], failed: [] });
});

test('work in progress is waited for; a stack that is going, was never whole or is missing is not', async () => {
  const { update, updated } = openFleet([
    { status: 'CREATE_IN_PROGRESS' },
    { status: 'UPDATE_IN_PROGRESS', updatedAt: since },
    { status: 'DELETE_IN_PROGRESS' },
    { status: 'ROLLBACK_COMPLETE' },
    undefined,
  ]);
  expect(await update()).toEqual({ open: ['tenant-0', 'tenant-1'], failed: [] });
  expect(updated).toEqual([]);
});

test('an update that went back is a failure with its reason and holds up no other', async () => {
  const { update, updated } = openFleet([
    { status: 'UPDATE_ROLLBACK_COMPLETE', updatedAt: since },
    { status: 'CREATE_COMPLETE' },
  ]);
  const state = await update();
  expect(state.open).toEqual(['tenant-1']);
  expect(updated).toEqual([idOf(1)]);
  expect(describeFailedUpdates(state)).toContain(
    'tenant-0: UPDATE_ROLLBACK_COMPLETE: Function (AWS::Lambda::Function): no such code; not done in time, and going on: tenant-1',
  );
});

test('an update that is refused names its tenant, unless somebody else was faster', async () => {
  const refuse = (message: string) => () => {
    throw Object.assign(new Error(message), { name: 'ValidationError' });
  };
  const stuck = openFleet([{ status: 'UPDATE_ROLLBACK_FAILED' }], refuse('it cannot be updated'));
  expect(await stuck.update()).toEqual({
    open: [],
    failed: [{ slug: 'tenant-0', reason: 'it cannot be updated' }],
  });
  const raced = openFleet(
    [{ status: 'UPDATE_COMPLETE' }],
    refuse('Stack is in UPDATE_IN_PROGRESS state and can not be updated'),
  );
  expect(await raced.update()).toEqual({ open: ['tenant-0'], failed: [] });
});

test('no more than ten are updated at once, and the others have their turn', async () => {
  const { update, updated } = openFleet([
    { status: 'UPDATE_IN_PROGRESS', updatedAt: since },
    ...Array.from({ length: 20 }, () => ({ status: 'CREATE_COMPLETE' })),
  ]);
  const { open } = await update();
  expect(updated).toHaveLength(9);
  expect(open).toHaveLength(21);
});

test('a long list of failures is cut, and says how long it is', () => {
  const failed = Array.from({ length: 8 }, (_, number) => ({ slug: `t${number}`, reason: 'no' }));
  expect(describeFailedUpdates({ open: [], failed })).toMatch(/t4: no; and 3 more$/);
});
