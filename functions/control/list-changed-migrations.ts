import { getRunMigrations } from '@tenantry/tenancy';
import { checksumsOf } from '../migration-set.ts';
import { catalog, compiled } from './environment.ts';

/** Ids of the tenant migrations that are not what a run worked with: changed, new, or gone. */
export async function listChangedMigrations(runId: string): Promise<string[]> {
  const before = await getRunMigrations(catalog, runId);
  const now = checksumsOf(compiled);
  const ids = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...ids].filter((id) => before[id] !== now[id]);
}
