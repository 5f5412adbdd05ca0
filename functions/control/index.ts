import { TenancyError, type ControlAction, type ControlAnswer } from '@tenantry/tenancy';
import { actions } from './actions.ts';
import { toControlError } from '../to-control-error.ts';
import { parseControlEvent } from './parse-control-event.ts';

/** The control plane for CLI and console: an error that a caller can mend is an answer, any other one is thrown. */
export async function handler(event: unknown): Promise<ControlAnswer<ControlAction>> {
  try {
    const { action, input } = parseControlEvent(event);
    return { ok: true, result: await actions[action](input as never) };
  } catch (error) {
    if (!(error instanceof TenancyError)) throw error;
    return { ok: false, error: toControlError(error) };
  }
}
