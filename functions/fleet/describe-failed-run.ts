import type { RunView } from '@tenantry/tenancy';

const shown = 5;

/** One text that a failed deploy ends with: the run, how many tenants failed, and the first of them with migration and SQLSTATE. */
export function describeFailedRun(failed: {
  readonly execution: {
    readonly name?: string | undefined;
    readonly error?: string | undefined;
    readonly cause?: string | undefined;
  };
  readonly run?: RunView;
}): string {
  const { execution, run } = failed;
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
