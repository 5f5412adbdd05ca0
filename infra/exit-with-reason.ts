import { TenancyError } from '@tenantry/tenancy';

/** Ends a synthesis that the project's own files stop, with what to do instead of a stack; throws any other error on. */
export function exitWithReason(error: unknown): never {
  if (!(error instanceof TenancyError)) throw error;
  process.stderr.write(
    `${error.code}  ${error.message}\n  do  ${error.next ?? 'correct the file'}\n`,
  );
  process.exit(1);
}
