import { sqlStateOf } from '@tenantry/database';
import { noteRunFailure, type CatalogDb } from '@tenantry/tenancy';

/**
 * Does a worker's part of a run; an error is noted with the run before it is thrown, because the map that called the worker will only say
 * that one of its children failed. Where the catalog itself is the trouble, the error is all there is.
 */
export async function notingFailure<Result>(
  catalog: CatalogDb,
  runId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const sqlstate = sqlStateOf(error) ?? null;
    const failure = { step: 'migrate-tenants', error: name, sqlstate, message };
    await Promise.allSettled([noteRunFailure(catalog, runId, failure)]);
    throw error;
  }
}
