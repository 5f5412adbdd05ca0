import { TenancyError, type MigrationAction, type MigrationAnswer } from '@tenantry/tenancy';
import { toControlError } from '../to-control-error.ts';
import { actions } from './actions.ts';
import { parseMigrationEvent } from './parse-migration-event.ts';

/**
 * What needs a look into tenants' schemas: plans, checks, histories and marks. It answers as the control function does, which cannot log in
 * as the migrator.
 */
export async function handler(event: unknown): Promise<MigrationAnswer<MigrationAction>> {
  try {
    const { action, input } = parseMigrationEvent(event);
    return { ok: true, result: await actions[action](input as never) };
  } catch (error) {
    if (!(error instanceof TenancyError)) throw error;
    return { ok: false, error: toControlError(error) };
  }
}
