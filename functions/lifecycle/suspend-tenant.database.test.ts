import { pgDialect } from '@tenantry/database';
import {
  claimResumption,
  claimSuspension,
  createTenantSteps,
  finishDeletingTenant,
  finishResumption,
  finishSuspension,
  getTenant,
  markTenantDeleting,
  markTenantFailed,
  parseCreateTenantRequest,
  parseTenantId,
  schemaNameOf,
  stepsFor,
  type CreateTenantState,
  type TenantView,
} from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { creationStepsOn } from '../../test/support/creation-steps.ts';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';
import type { Step } from './run-step.ts';

let cluster: TestCluster;
let steps: ReturnType<typeof creationStepsOn>;
const secrets = new Map<string, string>();

beforeAll(async () => {
  cluster = await openTestCluster();
  steps = creationStepsOn(cluster, secrets);
});
afterAll(async () => await cluster?.close());

async function create(slug: string, more: Readonly<Record<string, unknown>>): Promise<TenantView> {
  const given = { slug, actor: 'test', ...more };
  const request = parseCreateTenantRequest(given, { baseDomain: 'tenants.test' });
  let state: CreateTenantState = { request };
  for (const { name } of stepsFor(createTenantSteps, request.isolation))
    state = (await take(name, state, `create-${slug}`)) as CreateTenantState;
  return await getTenant(cluster.catalog, slug);
}

async function take(name: string, state: object, execution: string): Promise<unknown> {
  const step = (steps as unknown as Readonly<Record<string, Step>>)[name];
  if (step === undefined) throw new Error(`no step ${name}`);
  return await step(state as never, execution);
}

const stateOf = ({ id, slug, isolation }: TenantView) => ({ tenantId: id, slug, isolation });

async function suspend(tenant: TenantView, execution: string): Promise<TenantView> {
  const seen = await getTenant(cluster.catalog, tenant.id);
  const claim = { execution, actor: 'pat', reason: 'unpaid' };
  expect(await claimSuspension(cluster.catalog, seen, claim)).toBe(true);
  await take('close', stateOf(tenant), execution);
  await take('finish-suspend', stateOf(tenant), execution);
  return await getTenant(cluster.catalog, tenant.id);
}

async function logIn({ id }: TenantView): Promise<void> {
  const password = secrets.get(`arn:secret:${id}`) ?? '';
  const user = schemaNameOf(parseTenantId(id));
  const dialect = pgDialect({ ...cluster.postgres, user, password, maxSessions: 1 });
  const db = new Kysely<unknown>({ dialect });
  try {
    await sql`select count(*) from poll`.execute(db);
  } finally {
    await db.destroy();
  }
}

const refused = { code: '28000' };
const busy = { code: 'TENANT_BUSY' };

test.each([
  ['schema', {}],
  ['table', { isolation: 'table', pool: 'twice' }],
])(
  'each step of a suspension and of a resumption may run twice, and twice at once: %s',
  async (name, more) => {
    const tenant = await create(`twice-${name}`, more);
    const { catalog } = cluster;
    const twice = async (step: string, state: object, execution: string) => {
      const [answer] = await Promise.all([
        take(step, state, execution),
        take(step, state, execution),
      ]);
      return (await take(step, state, execution)) ?? answer;
    };
    const suspension = { execution: 'suspend-1', actor: 'pat', reason: 'unpaid' };
    await claimSuspension(catalog, tenant, suspension);
    for (const step of ['close', 'finish-suspend'])
      await twice(step, stateOf(tenant), suspension.execution);
    await expect(logIn(tenant)).rejects.toMatchObject(refused);
    const seen = await getTenant(catalog, tenant.id);
    expect(seen.suspension).toMatchObject({ phase: 'closed' });
    await claimResumption(catalog, seen, { execution: 'resume-1', actor: 'kim' });
    const placed = (await twice('open', stateOf(tenant), 'resume-1')) as object;
    await twice('verify', placed, 'resume-1');
    await twice('finish-resume', placed, 'resume-1');
    await logIn(tenant);
    const { status, version } = await getTenant(catalog, tenant.id);
    expect([status, version]).toEqual(['active', tenant.version]);
    const { rows } = await sql<{ count: bigint }>`
      select count(*) from catalog.audit where tenant_id = ${tenant.id} and outcome = 'done'
        and action in ('suspend-tenant', 'resume-tenant')`.execute(cluster.admin);
    expect(Number(rows[0]?.count)).toBe(2);
  },
);

test('of two who saw the same tenant one claims it, and the other one looks again', async () => {
  const tenant = await create('contested', {});
  const claims = await Promise.all(
    ['one', 'two'].map((execution) =>
      claimSuspension(cluster.catalog, tenant, { execution, actor: execution, reason: execution }),
    ),
  );
  expect(claims.filter((isMine) => isMine)).toHaveLength(1);
  const { execution, suspension } = await getTenant(cluster.catalog, tenant.id);
  expect(suspension?.reason).toBe(execution);
});

test('a suspension that is taken up again keeps reason, person and time', async () => {
  const tenant = await create('retaken', {});
  const first = { execution: 'first', actor: 'pat', reason: 'unpaid' };
  await claimSuspension(cluster.catalog, tenant, first);
  const seen = await getTenant(cluster.catalog, tenant.id);
  const second = { execution: 'second', actor: 'kim', reason: 'other' };
  expect(await claimSuspension(cluster.catalog, seen, second)).toBe(true);
  expect(await getTenant(cluster.catalog, tenant.id)).toMatchObject({
    statusSince: seen.statusSince,
    execution: 'second',
    suspension: { reason: 'unpaid', actor: 'pat', phase: 'closing' },
  });
});

test('an execution that does not hold the tenant any more changes nothing, however late it comes', async () => {
  const tenant = await create('held', {});
  await claimSuspension(cluster.catalog, tenant, { execution: 'dead', actor: 'pat', reason: 'x' });
  const closed = await suspend(tenant, 'alive');
  for (const step of ['close', 'finish-suspend', 'open', 'finish-resume'])
    await expect(take(step, stateOf(tenant), 'dead')).rejects.toMatchObject(busy);
  await expect(logIn(tenant)).rejects.toMatchObject(refused);
  await claimResumption(cluster.catalog, closed, { execution: 'resumer', actor: 'kim' });
  await take('open', stateOf(tenant), 'resumer');
  await take('finish-resume', stateOf(tenant), 'resumer');
  for (const execution of ['dead', 'alive', 'resumer'])
    await expect(take('close', stateOf(tenant), execution)).rejects.toMatchObject(busy);
  await logIn(tenant);
});

test('a tenant whose tables are gone is not let in again, and is shut out wholly by the undo', async () => {
  const tenant = await create('emptied', {});
  const closed = await suspend(tenant, 'suspend-emptied');
  await sql`drop schema ${sql.id(schemaNameOf(parseTenantId(tenant.id)))} cascade`.execute(
    cluster.admin,
  );
  const execution = 'resume-emptied';
  await claimResumption(cluster.catalog, closed, { execution, actor: 'kim' });
  const placed = (await take('open', stateOf(tenant), execution)) as object;
  await expect(take('verify', placed, execution)).rejects.toMatchObject({
    code: 'PRIVILEGES_NOT_EFFECTIVE',
    violations: ['the tables that migrations made are not there'],
  });
  await take('close', placed, execution);
  await expect(logIn(tenant)).rejects.toMatchObject(refused);
});

test('a workflow that gives up leaves its failure at a tenant that it holds, and none at one that it is done with', async () => {
  const tenant = await create('failing', {});
  const { catalog } = cluster;
  const failure = { step: 'close', error: 'Error', sqlstate: null, message: 'no' };
  await claimSuspension(catalog, tenant, { execution: 's1', actor: 'pat', reason: 'unpaid' });
  const before = await getTenant(catalog, tenant.id);
  await markTenantFailed(catalog, 's1', failure);
  const failed = await getTenant(catalog, tenant.id);
  expect(failed).toEqual({ ...before, failure });
  const closed = await suspend(tenant, 's2');
  expect(closed.failure).toBeNull();
  for (const execution of ['s1', 's2']) await markTenantFailed(catalog, execution, failure);
  expect(await getTenant(catalog, tenant.id)).toEqual(closed);
  const { rows } = await sql<{ action: string }>`select action from catalog.audit
    where tenant_id = ${tenant.id} and outcome = 'failed'`.execute(cluster.admin);
  expect(rows).toEqual([{ action: 'suspend-tenant' }]);
});

test('only an active tenant is suspended, and only a suspended one is resumed', async () => {
  const tenant = await create('doomed', {});
  const { catalog } = cluster;
  const id = parseTenantId(tenant.id);
  const claim = { execution: 'x', actor: 'pat' };
  await expect(finishResumption(catalog, id, 'x')).rejects.toMatchObject(busy);
  await expect(finishSuspension(catalog, id, 'x')).rejects.toMatchObject(busy);
  await suspend(tenant, 'suspend-doomed');
  await markTenantDeleting(catalog, id, { execution: 'delete-doomed', actor: 'pat' });
  const deleting = await getTenant(catalog, id);
  expect(deleting.suspension).toBeNull();
  expect(await claimSuspension(catalog, deleting, { ...claim, reason: 'x' })).toBe(false);
  expect(await claimResumption(catalog, deleting, claim)).toBe(false);
  await finishDeletingTenant(catalog, id, 'pat');
});
