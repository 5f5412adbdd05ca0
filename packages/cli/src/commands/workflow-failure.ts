import type { WorkflowFailure } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { findCodeOf } from '../system/control-failure.ts';
import type { ExecutionOutcome, Platform } from '../system/platform.ts';

/** Whose workflow it was, and what to type next. */
export interface WorkflowSubject {
  readonly slug: string;
  readonly doing: 'create' | 'delete';
  readonly next: string;
}

/** What a failed workflow left behind, as an error with step, reason and SQLSTATE. The tenant's own record of it goes first. */
export async function explainWorkflow(
  outcome: ExecutionOutcome,
  subject: WorkflowSubject,
  platform: Platform,
): Promise<CliError> {
  const recorded = await findRecordedFailure(subject.slug, platform);
  const error = recorded?.error ?? outcome.error ?? outcome.status;
  const why = describeCause(recorded?.cause ?? outcome.cause ?? '');
  const known = findCodeOf(error);
  const step = recorded?.step;
  return new CliError(
    known?.code ?? 'WORKFLOW_FAILED',
    `Could not ${subject.doing} tenant "${subject.slug}"${step === undefined ? '' : `: step ${step} failed`}.`,
    {
      exitCode: known?.exitCode ?? exitCodes.failed,
      where: `tenant ${subject.slug}${step === undefined ? '' : `, step ${step}`}, stage ${platform.stage}`,
      why: why === '' ? error : `${error}: ${why}`,
      next: [subject.next],
    },
  );
}

/** The failure in the catalog; none where the tenant never got into it or the catalog cannot be asked. */
async function findRecordedFailure(
  slug: string,
  platform: Platform,
): Promise<WorkflowFailure | undefined> {
  try {
    const { tenant } = await platform.call('show-tenant', { reference: slug });
    return tenant.failure ?? undefined;
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

/** The sentence in a cause: a function's error comes as JSON with `errorMessage`. */
function describeCause(cause: string): string {
  if (!cause.startsWith('{')) return cause;
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch {
    return cause;
  }
}
