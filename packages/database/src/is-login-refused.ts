import { DatabaseLoginRefusedError } from '@tenantry/tenancy';
import { sqlStateOf } from './sql-state.ts';

/** Whether the database refused the login itself (wrong password, no such role, not permitted), so that nothing ran. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof DatabaseLoginRefusedError || sqlStateOf(error)?.startsWith('28') === true;
}
