import { isolationChoices } from '../isolation-choices.ts';
import { toCliError } from '../system/control-failure.ts';

/** Refuses an isolation type that cannot be chosen, listing those that can, before anything else is asked or called. */
export async function assertIsolation(isolation: string | undefined): Promise<void> {
  const choices: Readonly<Record<string, { readonly isAvailable: boolean }>> = isolationChoices;
  if (isolation === undefined || choices[isolation]?.isAvailable === true) return;
  const { IsolationUnknownError, parseIsolation } = await import('@tenantry/tenancy');
  try {
    parseIsolation(isolation);
  } catch (error) {
    if (!(error instanceof IsolationUnknownError)) throw error;
    const { code, message, next } = error;
    throw toCliError({ code, message, ...(next === undefined ? {} : { next }) });
  }
}
