import type { TenantFailure } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeTenantFailure } from '../output/format-tenant.ts';
import { findCodeOf } from '../system/control-failure.ts';
import type { ExecutionOutcome, Platform } from '../system/platform.ts';

/** Whose workflow it was, and what to type next. */
export interface WorkflowSubject {
  readonly slug: string;
  readonly doing: 'create' | 'suspend' | 'resume' | 'delete';
  readonly next: string;
}

/** What a failed workflow left behind, as an error with step, reason and SQLSTATE. The catalog's record of it goes first. */
export async function explainWorkflow(
  outcome: ExecutionOutcome,
  subject: WorkflowSubject,
  platform: Platform,
): Promise<CliError> {
  const recorded = await findRecordedFailure(subject.slug, platform);
  const failure = recorded ?? (await describeOutcome(outcome));
  const known = findCodeOf(failure.error);
  const where = `tenant ${subject.slug}, stage ${platform.stage}`;
  if (known !== undefined && recorded === undefined) {
    // Refused before anything was made: the sentence says it all.
    const next = ['tenantry tenant list'];
    return new CliError(known.code, failure.message, { exitCode: known.exitCode, where, next });
  }
  const step = failure.step === '' ? '' : `: step ${failure.step} failed`;
  return new CliError(
    known?.code ?? 'WORKFLOW_FAILED',
    `Could not ${subject.doing} tenant "${subject.slug}"${step}.`,
    {
      exitCode: known?.exitCode ?? exitCodes.failed,
      where,
      why: describeTenantFailure(failure),
      next: [subject.next],
    },
  );
}

/** The failure in the catalog; none where the tenant never got into it. */
async function findRecordedFailure(
  slug: string,
  platform: Platform,
): Promise<TenantFailure | undefined> {
  try {
    const { tenant } = await platform.call('show-tenant', { reference: slug });
    return tenant.failure ?? undefined;
  } catch (error) {
    if (error instanceof CliError && error.code === 'TENANT_NOT_FOUND') return undefined;
    throw error;
  }
}

async function describeOutcome({ status, error, cause }: ExecutionOutcome): Promise<TenantFailure> {
  const { describeFailure } = await import('@tenantry/tenancy');
  return describeFailure({ step: '', error: error ?? status, cause: cause ?? 'no cause given' });
}
