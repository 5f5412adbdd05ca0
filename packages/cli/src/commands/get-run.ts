import type { RunView } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { runNotFound } from '../runs/follow-run.ts';
import type { Platform } from '../system/platform.ts';

/** The run with this id, or of the execution with this name. Throws `CliError` RUN_NOT_FOUND. */
export async function getRun(name: string, platform: Platform): Promise<RunView> {
  const run =
    (await findRun({ run: name }, platform)) ?? (await findRun({ execution: name }, platform));
  if (run === undefined) throw runNotFound(name);
  return run;
}

async function findRun(
  reference: { readonly run: string } | { readonly execution: string },
  platform: Platform,
): Promise<RunView | undefined> {
  try {
    const { run } = await platform.call('show-run', reference);
    return run ?? undefined;
  } catch (error) {
    if (error instanceof CliError && error.code === 'RUN_NOT_FOUND') return undefined;
    throw error;
  }
}
