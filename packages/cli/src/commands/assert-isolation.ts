import { isolationChoices } from '../isolation-choices.ts';
import { toCliError } from '../system/control-failure.ts';

/** Refuses an isolation type that there is not, listing those that there are, before anything else is asked or called. */
export async function assertIsolation(isolation: string | undefined): Promise<void> {
  if (isolation === undefined || Object.hasOwn(isolationChoices, isolation)) return;
  const { IsolationUnknownError, parseIsolation } = await import('@tenantry/tenancy');
  try {
    parseIsolation(isolation);
  } catch (error) {
    if (!(error instanceof IsolationUnknownError)) throw error;
    const { code, message, next } = error;
    throw toCliError({ code, message, ...(next === undefined ? {} : { next }) });
  }
}
