import { createHash } from 'node:crypto';
import {
  findTenantClaim,
  markTenantFailed,
  parseCreateTenantRequest,
  TenantBusyError,
  TenantExistsError,
  type ControlActions,
  type CreateTenantRequest,
  type CreateTenantState,
  type TenantStatus,
} from '@tenantry/tenancy';
import { assertPoolable } from './assert-poolable.ts';
import { catalog, environment } from './environment.ts';
import { executionArnOf, startExecution } from './executions.ts';
import { findSettledClaim } from './find-settled-claim.ts';
import { isCreationRunning } from './is-creation-running.ts';

type Action = ControlActions['create-tenant'];

/** Validates the request and starts `create-tenant`. Throws what a caller can mend before anything is started. */
export async function createTenant(input: Action['input']): Promise<Action['result']> {
  const request = parseCreateTenantRequest({ ...input }, { baseDomain: environment.baseDomain });
  assertPoolable([request]);
  const machineArn = environment.createTenantMachineArn;
  const { claim, isRunning } = await findSettledClaim(
    () => findTenantClaim(catalog, request.slug),
    isCreationRunning,
  );
  const key = requestKey(request);
  if (claim.status === 'provisioning' && claim.execution !== null) {
    if (isRunning) {
      if (!claim.execution.includes(key))
        throw new TenantBusyError(request.slug, claim.status, claim.execution);
      return { slug: request.slug, executionArn: executionArnOf(machineArn, claim.execution) };
    }
    await markInterrupted(claim.execution);
  } else if (claim.status !== null && !canBegin(claim.status)) {
    throw new TenantExistsError(request.slug, claim.status, claim.since ?? 'an unknown time');
  }
  const state: CreateTenantState = { request };
  const name = `create-${request.slug}-${claim.generation}-${claim.attempt + 1}-${key}`;
  return {
    slug: request.slug,
    executionArn: await startExecution({ machineArn, name, input: state }),
  };
}

/** Whether a creation of a slug that somebody has may begin: its last one failed, or the tenant was only recorded. */
function canBegin(status: TenantStatus): boolean {
  return status === 'failed' || status === 'provisioning';
}

/** An execution that ended without a word (stopped by hand, say) leaves its tenant to whoever asks next. */
async function markInterrupted(execution: string): Promise<void> {
  await markTenantFailed(catalog, execution, {
    step: 'unknown',
    error: 'Interrupted',
    sqlstate: null,
    message: `execution ${execution} ended without finishing the tenant`,
  });
}

function requestKey(request: CreateTenantRequest): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 10);
}
