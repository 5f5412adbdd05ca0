import type { RunView } from '@tenantry/tenancy';

const shown = 5;

/** One text that a failed deploy ends with: the run, how many tenants failed, and the first of them with migration and SQLSTATE. */
export function describeFailedRun(failed: {
  readonly execution: {
    readonly name?: string | undefined;
    readonly error?: string | undefined;
    readonly cause?: string | undefined;
  };
  /** The run outlived the deploy's budget and goes on. */
  readonly isOpen: boolean;
  readonly run?: RunView;
}): string {
  const { execution, isOpen, run } = failed;
  if (isOpen) {
    const progress = run === undefined ? '' : `, ${run.migrated} of ${run.total} tenants so far`;
    return `${run?.id ?? execution.name} ${run?.status === 'paused' ? 'is paused' : 'takes longer than a deploy may'}${progress}; it goes on, and the next deploy joins it`;
  }
  if (run?.status === 'cancelled')
    return `run ${run.id} was cancelled, ${run.migrated} of ${run.total} tenants migrated`;
  if (run?.failure) return `run ${run.id} stopped at ${run.failure.step}: ${run.failure.message}`;
  if (run === undefined || run.failures.length === 0) {
    return `execution ${execution.name} of migrate-fleet failed: ${execution.error ?? 'unknown'} ${execution.cause ?? ''}`.trim();
  }
  const tenants = run.failures
    .slice(0, shown)
    .map(({ slug, migration, statement, sqlstate, message }) =>
      migration === null
        ? `${slug}: ${message}`
        : `${slug}: ${migration}, statement ${statement}, SQLSTATE ${sqlstate}: ${message}`,
    );
  return `run ${run.id}: ${run.failed} of ${run.total} tenants failed, ${run.migrated} migrated. ${tenants.join('; ')}`;
}
