import { randomUUID } from 'node:crypto';
import {
  claimResumption,
  claimSuspension,
  getTenant,
  SuspensionRefusedError,
  TenantBusyError,
  TenantInputError,
  TenantNotFoundError,
  type ControlActions,
  type SuspensionAnswer,
  type SuspensionState,
  type TenantSuspension,
  type TenantView,
} from '@tenantry/tenancy';
import { catalog, environment } from './environment.ts';
import { ensureExecution, isRunning, startExecution } from './executions.ts';

/** One of the two ways between `active` and `suspended`. */
interface Direction {
  readonly name: 'suspend' | 'resume';
  readonly machineArn: string;
  /** The phase of a tenant that is on this way. */
  readonly phase: TenantSuspension['phase'];
  /** The machine of the other way. */
  readonly otherMachineArn: string;
  readonly isDone: (tenant: TenantView) => boolean;
  /** Claims the tenant as it was seen for an execution; answers false when it is not so any more. */
  readonly claim: (tenant: TenantView, execution: string) => Promise<boolean>;
}

/** Takes an active tenant out of routing and starts `suspend-tenant`, or goes on with what another call has begun. */
export async function suspendTenant({
  reference,
  reason,
  actor,
}: ControlActions['suspend-tenant']['input']): Promise<SuspensionAnswer> {
  const { suspendTenantMachineArn, resumeTenantMachineArn } = environment;
  return await go(reference, {
    name: 'suspend',
    machineArn: suspendTenantMachineArn,
    phase: 'closing',
    otherMachineArn: resumeTenantMachineArn,
    isDone: ({ suspension }) => suspension?.phase === 'closed',
    claim: async (tenant, execution) => {
      if (tenant.status === 'active' && reason === undefined)
        throw new TenantInputError('reason', 'is missing: say why the tenant is suspended');
      return await claimSuspension(catalog, tenant, { execution, actor, reason: reason ?? '' });
    },
  });
}

/** Starts `resume-tenant`, or goes on with what another call has begun. */
export async function resumeTenant({
  reference,
  actor,
}: ControlActions['resume-tenant']['input']): Promise<SuspensionAnswer> {
  const { suspendTenantMachineArn, resumeTenantMachineArn } = environment;
  return await go(reference, {
    name: 'resume',
    machineArn: resumeTenantMachineArn,
    phase: 'opening',
    otherMachineArn: suspendTenantMachineArn,
    isDone: ({ status }) => status === 'active',
    claim: async (tenant, execution) =>
      await claimResumption(catalog, tenant, { execution, actor }),
  });
}

/** Looks again whenever somebody else has changed the tenant since the last look. */
async function go(reference: string, direction: Direction): Promise<SuspensionAnswer> {
  for (;;) {
    const tenant = await getTenant(catalog, reference);
    if (tenant.status === 'deleted') throw new TenantNotFoundError(reference);
    if (direction.isDone(tenant)) return { tenant, executionArn: null };
    if (tenant.status !== 'active' && tenant.status !== 'suspended')
      throw new SuspensionRefusedError(tenant.slug, tenant.status, direction.name);
    const joined = await join(tenant, direction);
    if (joined !== undefined) return { tenant, executionArn: joined };
    const execution = `${direction.name}-${tenant.id}-${randomUUID().slice(0, 8)}`;
    if (await direction.claim(tenant, execution))
      return {
        tenant: await getTenant(catalog, tenant.id),
        executionArn: await start(tenant, execution, direction),
      };
  }
}

/**
 * The execution that is on the way already. Whoever claimed the tenant for it may not have started it yet, or may have died before that:
 * then it is started here, as the same one. Undefined when there is none, or when it has ended without getting there.
 */
async function join(tenant: TenantView, direction: Direction): Promise<string | undefined> {
  const { suspension, execution, slug, status } = tenant;
  if (suspension === null || execution === null || suspension.phase === 'closed') return undefined;
  if (suspension.phase === direction.phase)
    return await ensureExecution(toStart(tenant, execution, direction));
  if (await isRunning(direction.otherMachineArn, execution))
    throw new TenantBusyError(slug, status, execution);
  return undefined;
}

async function start(tenant: TenantView, execution: string, direction: Direction): Promise<string> {
  return await startExecution(toStart(tenant, execution, direction));
}

function toStart({ id, slug, isolation }: TenantView, name: string, { machineArn }: Direction) {
  const input: SuspensionState = { tenantId: id, slug, isolation };
  return { machineArn, name, input };
}
